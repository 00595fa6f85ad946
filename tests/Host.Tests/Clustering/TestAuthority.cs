using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DataLoad.Engine.Clustering;

namespace DataLoad.Host.Tests.Clustering;

/// <summary>A CA of a test, which issues certificates of nodes as files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly string _directory;
    private readonly string _name;
    private readonly X509Certificate2 _root;
    private int _issued;

    public TestAuthority(string directory, string name, TestAuthority? issuer = null)
    {
        (_directory, _name) = (directory, name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        if (issuer is null)
        {
            _root = request.CreateSelfSigned(Now.AddYears(-2), Now.AddYears(2));
        }
        else
        {
            using X509Certificate2 issued = request.Create(issuer._root, Now.AddYears(-1), Now.AddYears(1), [1, 2, 3]);
            _root = issued.CopyWithPrivateKey(key);
        }

        File = Write("ca.pem", _root.ExportCertificatePem());
    }

    /// <summary>The CA's own certificate.</summary>
    public string File { get; }

    public void Dispose() => _root.Dispose();

    /// <summary>Issues a certificate; valid now, for servers and clients, and for 127.0.0.1 unless it says otherwise.</summary>
    public ClusterTlsSettings Issue(string host = "127.0.0.1", DateTimeOffset? from = null, DateTimeOffset? to = null, string[]? purposes = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [.. (purposes ?? ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]).Select(purpose => new Oid(purpose))], critical: false));
        using X509Certificate2 certificate = request.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(_root.GetECDsaPrivateKey()!), from ?? Now.AddDays(-90), to ?? Now.AddDays(90),
            [(byte)++_issued]);
        string file = Write($"node-{_issued}.pem", certificate.ExportCertificatePem());
        string keyFile = Write($"node-{_issued}.key", key.ExportPkcs8PrivateKeyPem());
        SetMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new ClusterTlsSettings(file, keyFile, File);
    }

    /// <summary>Says who may do what with a file, where files have such modes.</summary>
    public static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(file, mode);
        }
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_directory, $"{_name}-{name}");
        System.IO.File.WriteAllText(file, text);
        return file;
    }
}
