using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Hosting;
using Akka.Remote.Transport.DotNetty;

namespace DataLoad.Engine.Clustering;

/// <summary>The certificates by which nodes know each other, read from their files and checked as another node will.</summary>
public sealed class ClusterTls
{
    private const string CertificateSetting = "dataload.cluster.tls.certificate";
    private const string KeySetting = "dataload.cluster.tls.key";
    private const string CaSetting = "dataload.cluster.tls.ca";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // A node dials and is dialled.
    private static readonly Oid[] Purposes = [new("1.3.6.1.5.5.7.3.1", "serverAuth"), new("1.3.6.1.5.5.7.3.2", "clientAuth")];

    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities;
    private readonly TimeProvider _time;

    private ClusterTls(X509Certificate2 certificate, X509Certificate2Collection authorities, TimeProvider time)
    {
        _certificate = certificate;
        _authorities = authorities;
        _time = time;
    }

    /// <summary>When this node's certificate ends.</summary>
    public DateTimeOffset NotAfter => new(_certificate.NotAfter);

    /// <summary>What Akka's transport is set up by: both sides show a certificate, and both are judged by <see cref="FindFault"/>.</summary>
    public DotNettySslSetup Setup =>
        new(_certificate, suppressValidation: false, requireMutualAuthentication: true, validateCertificateHostname: true, IsAccepted);

    /// <summary>Reads and checks the files; null where settings name none.</summary>
    /// <exception cref="ClusterTlsException">A file cannot be used: the sentence names the setting, the file and the remedy.</exception>
    public static ClusterTls? Load(ClusterSettings settings, TimeProvider time)
    {
        if (settings.Tls is not { } files)
        {
            return null;
        }

        X509Certificate2 certificate = ReadCertificate(files);
        X509Certificate2Collection authorities = ReadAuthorities(files.Ca);
        var tls = new ClusterTls(certificate, authorities, time);
        return tls.FindOwnFault(files, settings.ReachedBy) is { } fault ? throw fault : tls;
    }

    /// <summary>Whether others than its owner may do something with the key's file.</summary>
    public static bool IsKeyOpenToOthers(ClusterTlsSettings files) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(files.Key) & Others) != 0;

    /// <summary>Why a certificate is none of a node of this cluster, or null where it is. Nothing but our own CA is asked: no store of the system, no
    /// server.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="sent">What its holder sent along with it, to stand between it and the CA.</param>
    internal string? FindFault(X509Certificate2 certificate, X509Certificate2Collection? sent = null)
    {
        using var chain = new X509Chain();
        X509ChainPolicy policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(_authorities);
        policy.ExtraStore.AddRange(_authorities);
        policy.ExtraStore.AddRange(sent ?? []);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        foreach (Oid purpose in Purposes)
        {
            policy.ApplicationPolicy.Add(purpose);
        }

        return chain.Build(certificate) ? null : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
    }

    /// <summary>Judges what the other side shows, for Akka's transport.</summary>
    private bool IsAccepted(X509Certificate2? certificate, X509Chain? chain, string peer, SslPolicyErrors errors, ILoggingAdapter log)
    {
        string? fault = certificate is null ? "it shows no certificate"
            : FindFault(certificate, chain?.ChainPolicy.ExtraStore) is { } status
                ? $"its certificate ({certificate.Subject}) is not one of this cluster's CA that holds now: {status}"
            : (errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0
                ? $"its certificate ({certificate.Subject}) does not name the host that was dialled"
            : null;
        if (fault is not null)
        {
            log.Warning("No connection with {0}: {1}", peer, fault);
        }

        return fault is null;
    }

    private ClusterTlsException? FindOwnFault(ClusterTlsSettings files, string host)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return now < _certificate.NotBefore || now > _certificate.NotAfter ? new ClusterTlsException(CertificateSetting, files.Certificate,
                $"is valid from {_certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z to "
                + $"{_certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z, which is not now. Issue a new one, or correct this machine's clock.")
            : FindFault(_certificate) is { } status ? new ClusterTlsException(CertificateSetting, files.Certificate,
                $"is no certificate for server and client that {CaSetting} = {files.Ca} issued ({status}). Issue it by that CA with "
                + "extendedKeyUsage = serverAuth, clientAuth, or name the CA that did.")
            : !_certificate.MatchesHostname(host.Trim('[', ']'), allowWildcards: true, allowCommonName: false) ? new ClusterTlsException(
                CertificateSetting, files.Certificate, $"does not name {host}, which other nodes reach this one by. Issue it with that as subjectAltName "
                + "(DNS: or IP:), or correct dataload.cluster.advertised-hostname.")
            : null;
    }

    private static X509Certificate2 ReadCertificate(ClusterTlsSettings files)
    {
        string text = Read(CertificateSetting, files.Certificate);
        string key = Read(KeySetting, files.Key);
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(text);
        }
        catch (CryptographicException)
        {
            throw new ClusterTlsException(CertificateSetting, files.Certificate, "holds no certificate in PEM. Give it the one that the CA issued to it.");
        }

        using (certificate)
        {
            if (!HoldsPlainKey(key))
            {
                throw new ClusterTlsException(KeySetting, files.Key, "holds no private key in PEM that needs no password. Give it the one of "
                    + $"{files.Certificate}.");
            }

            try
            {
                return X509Certificate2.CreateFromPem(text, key);
            }
            catch (CryptographicException)
            {
                // What it says may quote the file.
                throw new ClusterTlsException(KeySetting, files.Key, $"is damaged, or not the private key of {CertificateSetting} = {files.Certificate}. Give "
                    + "the key that the certificate was asked for with.");
            }
        }
    }

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        string text = Read(CaSetting, file);
        try
        {
            authorities.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            throw new ClusterTlsException(CaSetting, file, "holds a certificate that is damaged. Copy it anew.");
        }

        return authorities.Count > 0 ? authorities
            : throw new ClusterTlsException(CaSetting, file, "holds no certificate in PEM. Give it the one of the CA that issued the nodes' certificates.");
    }

    private static bool HoldsPlainKey(ReadOnlySpan<char> text)
    {
        while (PemEncoding.TryFind(text, out PemFields fields))
        {
            if (text[fields.Label] is "PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY")
            {
                return true;
            }

            text = text[fields.Location.End..];
        }

        return false;
    }

    private static string Read(string setting, string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string remedy = e is FileNotFoundException or DirectoryNotFoundException ? "Correct the path, or make the file"
                : "Correct the path, or let the node's user read the file";
            throw new ClusterTlsException(setting, file, $"cannot be read: {e.Message} {remedy}.");
        }
    }
}

/// <summary>A file of certificates cannot be used.</summary>
/// <param name="setting">The setting that names it.</param>
/// <param name="file">The file.</param>
/// <param name="reason">What is wrong with it, and what to do about it.</param>
public sealed class ClusterTlsException(string setting, string file, string reason) : Exception($"{setting} = {file} {reason}");

/// <summary>Sets an actor system up by certificates.</summary>
internal static class ClusterTlsRegistration
{
    /// <summary>Has remoting show and ask for certificates; changes nothing where there are none.</summary>
    public static AkkaConfigurationBuilder AddTls(this AkkaConfigurationBuilder builder, ClusterTls? tls) =>
        tls is null ? builder : builder.AddSetup(tls.Setup);
}
