using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Reads connection strings: Npgsql's <c>Host=…;Username=…</c>, and libpq's URLs.</summary>
public static class PostgreSqlConnectionString
{
    private static readonly SearchValues<string> PasswordWords = SearchValues.Create(["password", "passwd", "pwd", "psw"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text is a connection URL.</summary>
    public static bool IsUrl(string text) =>
        text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="StoreException">It cannot be read; the message names the parameter, and never holds a value, which might be a password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        text = text.Trim();
        NpgsqlConnectionStringBuilder builder = IsUrl(text) ? PostgreSqlUrl.Parse(text) : ParsePairs(text);
        return string.IsNullOrEmpty(builder.Host)
            ? throw new StoreException("The PostgreSQL connection string names no host; add Host=… or write postgresql://user@host/database.")
            : builder;
    }

    /// <summary>A name for messages, without secrets, as in <c>PostgreSQL 127.0.0.1:5432/dataload</c>.</summary>
    public static string NameOf(NpgsqlConnectionStringBuilder builder)
    {
        IEnumerable<string> hosts = builder.Host!.Split(',').Select(host => HasPort(host) ? host : $"{host}:{builder.Port}");
        return $"PostgreSQL {string.Join(',', hosts)}/{builder.Database ?? builder.Username}";
    }

    /// <summary>An empty connection string, with Kerberos off: asking for it costs a round trip, and a library that is often missing.</summary>
    internal static NpgsqlConnectionStringBuilder Create() => new() { GssEncryptionMode = GssEncryptionMode.Disable };

    /// <summary>Sets one of Npgsql's own keywords.</summary>
    /// <param name="builder">Where it is set.</param>
    /// <param name="keyword">The keyword.</param>
    /// <param name="value">Its value.</param>
    /// <param name="mayQuote">Whether a keyword that is not known may stand in an error: not where it may be part of a password.</param>
    internal static void Set(NpgsqlConnectionStringBuilder builder, string keyword, object value, bool mayQuote)
    {
        try
        {
            builder[keyword] = value;
        }
        catch (Exception e) when (e is ArgumentException or InvalidCastException or FormatException or OverflowException or NotSupportedException)
        {
            // The cause is not passed on: it may quote the value.
            throw new StoreException(mayQuote || IsKnown(keyword)
                ? $"The PostgreSQL connection string's parameter '{keyword}' is unknown or has a value that cannot be used; correct or remove it."
                : "The PostgreSQL connection string has a parameter that is unknown: correct or remove it, or write a value that holds ; or = in quotes.");
        }
    }

    private static NpgsqlConnectionStringBuilder ParsePairs(string text)
    {
        var pairs = new DbConnectionStringBuilder();
        try
        {
            pairs.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            throw new StoreException(
                "The PostgreSQL connection string is not of the form Host=…;Port=…;Database=…;Username=…;Password=…, nor a postgresql:// URL.");
        }

        NpgsqlConnectionStringBuilder builder = Create();
        int secrets = text.AsSpan().IndexOfAny(PasswordWords);
        foreach (string keyword in pairs.Keys)
        {
            int place = text.IndexOf(keyword, StringComparison.OrdinalIgnoreCase);
            bool isName = keyword.All(character => char.IsAsciiLetterOrDigit(character) || character is ' ' or '_');
            Set(builder, keyword, pairs[keyword], mayQuote: isName && (secrets < 0 || place < secrets));
        }

        return builder;
    }

    private static bool IsKnown(string keyword)
    {
        try
        {
            return Create().TryGetValue(keyword, out _);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool HasPort(string host)
    {
        int colon = host.LastIndexOf(':');
        return colon > 0 && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']');
    }
}

/// <summary>Reads <c>postgresql://user:password@host1:port1,host2:port2/database?parameter=value</c>, percent-decoded, as libpq does.</summary>
/// <remarks><see cref="Uri"/> is of no use here: it refuses lists of hosts.</remarks>
internal static partial class PostgreSqlUrl
{
    private static readonly Dictionary<string, string> KeywordByParameter = new(StringComparer.Ordinal)
    {
        ["application_name"] = "Application Name",
        ["channel_binding"] = "Channel Binding",
        ["client_encoding"] = "Client Encoding",
        ["connect_timeout"] = "Timeout",
        ["dbname"] = "Database",
        ["gssencmode"] = "GSS Encryption Mode",
        ["keepalives_idle"] = "Tcp Keepalive Time",
        ["keepalives_interval"] = "Tcp Keepalive Interval",
        ["krbsrvname"] = "Kerberos Service Name",
        ["options"] = "Options",
        ["passfile"] = "Passfile",
        ["password"] = "Password",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = "Root Certificate",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
    };

    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        NpgsqlConnectionStringBuilder builder = PostgreSqlConnectionString.Create();
        ReadOnlySpan<char> url = text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) + 3);

        int query = url.IndexOf('?');
        ReadOnlySpan<char> parameters = query < 0 ? default : url[(query + 1)..];
        url = query < 0 ? url : url[..query];

        int slash = url.IndexOf('/');
        ReadOnlySpan<char> database = slash < 0 ? default : url[(slash + 1)..];
        url = slash < 0 ? url : url[..slash];

        if (database.Contains('@') || parameters.Contains('@'))
        {
            // Else a part of a password would be taken for the database or a parameter, and what is before it for the host.
            throw new StoreException("The PostgreSQL URL has an '@' after its first '/' or '?': user and password end with the only one that is not escaped; "
                + "in them '/' is written as %2F and '?' as %3F, and elsewhere '@' as %40.");
        }

        int at = url.LastIndexOf('@');
        bool hasUser = at >= 0;
        if (hasUser)
        {
            SetUser(builder, url[..at]);
            url = url[(at + 1)..];
        }

        if (!url.IsEmpty)
        {
            SetHosts(builder, url);
        }

        if (!database.IsEmpty)
        {
            builder.Database = Decode(database, "database");
        }

        foreach (Range range in parameters.Split('&'))
        {
            SetParameter(builder, parameters[range], hasUser);
        }

        return builder;
    }

    private static void SetUser(NpgsqlConnectionStringBuilder builder, ReadOnlySpan<char> user)
    {
        int colon = user.IndexOf(':');
        if (colon >= 0)
        {
            builder.Password = Decode(user[(colon + 1)..], "password");
            user = user[..colon];
        }

        if (!user.IsEmpty)
        {
            builder.Username = Decode(user, "user");
        }
    }

    private static void SetHosts(NpgsqlConnectionStringBuilder builder, ReadOnlySpan<char> hosts)
    {
        if (hosts.IndexOf(',') >= 0)
        {
            // Npgsql takes a list with ports as it is written here.
            builder.Host = Decode(hosts, "host");
            return;
        }

        int colon = hosts.LastIndexOf(':');
        if (colon >= 0 && (hosts[0] != '[' || hosts[colon - 1] == ']'))
        {
            ReadOnlySpan<char> port = hosts[(colon + 1)..];
            if (!port.IsEmpty)
            {
                builder.Port = ParsePort(port);
            }

            hosts = hosts[..colon];
        }

        if (hosts.Length > 2 && hosts[0] == '[' && hosts[^1] == ']')
        {
            hosts = hosts[1..^1];
        }

        builder.Host = Decode(hosts, "host");
    }

    private static int ParsePort(ReadOnlySpan<char> port) =>
        ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0
            ? number
            : throw Refused("port", "is not a number from 1 to 65535");

    private static void SetParameter(NpgsqlConnectionStringBuilder builder, ReadOnlySpan<char> pair, bool mayQuote)
    {
        if (pair.IsEmpty)
        {
            return;
        }

        int equals = pair.IndexOf('=');
        if (equals <= 0)
        {
            throw new StoreException("The PostgreSQL URL's parameters are not of the form name=value, with & between them.");
        }

        string name = Decode(pair[..equals], "name of a parameter");
        string value = Decode(pair[(equals + 1)..], mayQuote ? name : "value of a parameter");
        switch (name)
        {
            case "port":
                builder.Port = ParsePort(value);
                break;
            case "sslmode":
                builder.SslMode = value switch
                {
                    "disable" => SslMode.Disable,
                    "allow" => SslMode.Allow,
                    "prefer" => SslMode.Prefer,
                    "require" => SslMode.Require,
                    "verify-ca" => SslMode.VerifyCA,
                    "verify-full" => SslMode.VerifyFull,
                    _ => throw Refused(name, "is none of disable, allow, prefer, require, verify-ca, verify-full"),
                };
                break;
            case "keepalives":
                builder.TcpKeepAlive = !string.Equals(value, "0", StringComparison.Ordinal);
                break;
            default:
                // Npgsql's own keywords, such as "Maximum Pool Size", pass under their own names.
                PostgreSqlConnectionString.Set(builder, KeywordByParameter.GetValueOrDefault(name, name), value, mayQuote);
                break;
        }
    }

    private static string Decode(ReadOnlySpan<char> text, string what)
    {
        if (NoEscape().IsMatch(text))
        {
            throw Refused(what, "holds a % that is not followed by two hexadecimal digits; write % itself as %25");
        }

        // A plus stands for itself here, not for a space as in forms.
        return WebUtility.UrlDecode(text.ToString().Replace("+", "%2B", StringComparison.Ordinal));
    }

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})|%00", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoEscape();

    private static StoreException Refused(string what, string why) => new($"The PostgreSQL URL's {what} {why}.");
}
