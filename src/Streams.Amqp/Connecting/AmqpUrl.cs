using System.Globalization;
using System.Text;

namespace DataLoad.Streams.Amqp;

/// <summary>Reads a list of broker URLs, strictly: <c>amqp://user:password@host:port,host:port/vhost?parameter=value</c> (<c>amqps</c> for TLS), and further
/// whole URLs after a comma. All URLs of a list name one broker or its cluster: user, password, vhost and parameters are said once, or the same each time.
/// Left out, user and password are <c>guest</c>, the port is 5672 (TLS: 5671), the vhost is <c>/</c>.</summary>
/// <remarks>In user, password and vhost the characters <c># % , / : ? @</c> and spaces are written as <c>%23 %25 %2C %2F %3A %3F %40 %20</c>. Parameters:
/// <c>heartbeat</c> (seconds), <c>connection_timeout</c> (milliseconds), <c>frame_max</c> (bytes), <c>name</c>, <c>cacertfile</c>, <c>certfile</c>,
/// <c>keyfile</c>, <c>server_name_indication</c>. Any other is refused. An error quotes nothing of what may be a password: nothing before the last <c>@</c>,
/// and where there is none, nothing at all.</remarks>
public static class AmqpUrl
{
    /// <summary>What a URL list looks like, for messages.</summary>
    public const string Expected = "amqp://user:password@host:port,host:port/vhost or amqps://…";

    private const string Known = "heartbeat, connection_timeout, frame_max, name, cacertfile, certfile, keyfile, server_name_indication";
    private const string Escaped = "#%,/:?@ ";

    internal static (AmqpConnectionSettings? Settings, string? Error) Read(string urls)
    {
        try
        {
            AmqpConnectionSettings? settings = null;
            foreach (string url in Split(urls))
            {
                settings = new One(url, settings).Read();
            }

            settings!.Validate();
            return (settings, null);
        }
        catch (UrlException e)
        {
            return (null, $"The broker's URL is wrong: {e.Message}. Expected {Expected}.");
        }
        catch (ArgumentException e)
        {
            return (null, $"The broker's URL is wrong: {e.Message}");
        }
    }

    /// <summary>Cuts the list before each comma that a scheme follows.</summary>
    private static IEnumerable<string> Split(string urls)
    {
        int start = 0;
        for (int i = 0; i < urls.Length; i++)
        {
            if (urls[i] == ',' && SchemeOf(urls.AsSpan(i + 1)) is not null)
            {
                yield return urls[start..i];
                start = i + 1;
            }
        }

        yield return urls[start..];
    }

    private static string? SchemeOf(ReadOnlySpan<char> url) =>
        url.StartsWith("amqp://", StringComparison.Ordinal) ? "amqp://" : url.StartsWith("amqps://", StringComparison.Ordinal) ? "amqps://" : null;

    private static string EscapeOf(char character) => $"'{(character == ' ' ? "space" : character)}' is to be written as %{(int)character:X2}";

    private sealed class UrlException(string message) : Exception(message);

    private sealed class One(string url, AmqpConnectionSettings? before)
    {
        private readonly HashSet<string> _parameters = new(StringComparer.Ordinal);
        private bool _mayQuote;

        public AmqpConnectionSettings Read()
        {
            string scheme = SchemeOf(url) ?? throw new UrlException("it begins with neither amqp:// nor amqps://");
            string left = url[scheme.Length..];
            AmqpConnectionSettings settings = before ?? new AmqpConnectionSettings();
            int at = left.LastIndexOf('@');
            if (at >= 0)
            {
                settings = WithUser(settings, left[..at]);
                left = left[(at + 1)..];
                _mayQuote = true;
            }

            RefuseAll(left, "#", "in the vhost or a parameter");
            (left, string? query) = Cut(left, '?');
            (string hosts, string? vhost) = Cut(left, '/');
            AmqpEndpoint[] endpoints = [.. hosts.Split(',').Select((host, i) => Endpoint(host, i + 1, scheme.Length == "amqps://".Length))];
            settings = settings with { Endpoints = before is null ? endpoints : [.. before.Endpoints, .. endpoints] };
            if (!string.IsNullOrEmpty(vhost))
            {
                RefuseAll(vhost, "/:@,", "in the vhost");
                string name = Decode(vhost, "the vhost");
                settings = Same(before?.VirtualHost, name, "/", "vhosts") ? settings with { VirtualHost = name } : settings;
            }

            foreach (string parameter in query is null ? [] : query.Split('&'))
            {
                settings = WithParameter(settings, parameter);
            }

            return settings;
        }

        private static (string Before, string? After) Cut(string text, char at)
        {
            int place = text.AsSpan().IndexOf(at);
            return place < 0 ? (text, null) : (text[..place], text[(place + 1)..]);
        }

        private static void RefuseAll(string text, string characters, string where)
        {
            int found = text.AsSpan().IndexOfAny(characters);
            if (found >= 0)
            {
                throw new UrlException($"{where}, {EscapeOf(text[found])}");
            }
        }

        private static string Decode(string text, string what)
        {
            var bytes = new List<byte>(text.Length);
            Span<byte> utf8 = stackalloc byte[4];
            for (int i = 0; i < text.Length;)
            {
                if (!Rune.TryGetRuneAt(text, i, out Rune rune))
                {
                    throw new UrlException($"{what} holds half a character");
                }

                if (Rune.IsControl(rune) || rune.Value == ' ')
                {
                    throw new UrlException($"in {what}, a space or control character is to be written as %{rune.Value:X2}");
                }

                if (rune.Value != '%')
                {
                    bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                    i += rune.Utf16SequenceLength;
                    continue;
                }

                string escaped = text.Substring(i + 1, Math.Min(2, text.Length - i - 1));
                if (escaped.Length < 2 || !byte.TryParse(escaped, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
                {
                    throw new UrlException($"in {what}, a '%' begins no escape: it is to be written as %25");
                }

                bytes.Add(value);
                i += 3;
            }

            try
            {
                return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString([.. bytes]);
            }
            catch (DecoderFallbackException)
            {
                throw new UrlException($"{what} is no UTF-8 once its escapes are read");
            }
        }

        private static AmqpEndpoint Endpoint(string text, int number, bool isTls)
        {
            string host;
            string? port;
            if (text.StartsWith('['))
            {
                int end = text.IndexOf(']', StringComparison.Ordinal);
                if (end < 0 || (end + 1 < text.Length && text[end + 1] != ':') || !System.Net.IPAddress.TryParse(text.AsSpan(1, end - 1), out _))
                {
                    throw new UrlException($"host {number} is no IPv6 address in brackets");
                }

                (host, port) = (text[1..end], end + 1 < text.Length ? text[(end + 2)..] : null);
            }
            else
            {
                (host, port) = Cut(text, ':');
                if (host.Length == 0)
                {
                    throw new UrlException($"host {number} is empty");
                }

                if (!host.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_'))
                {
                    throw new UrlException($"host {number} has a character that no host has: an IPv6 address stands in brackets, "
                        + $"and in user and password {Escaped} are escaped");
                }
            }

            if (port is null)
            {
                return new AmqpEndpoint(host, isTls ? AmqpEndpoint.DefaultTlsPort : AmqpEndpoint.DefaultPort, isTls);
            }

            return int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed is >= 1 and <= 65535
                ? new AmqpEndpoint(host, parsed, isTls)
                : throw new UrlException($"the port of host {number} is no number from 1 to 65535 (user and password end with '@', "
                    + "and in them '/' is written as %2F, '?' as %3F, '#' as %23)");
        }

        private AmqpConnectionSettings WithUser(AmqpConnectionSettings settings, string login)
        {
            RefuseAll(login, "@/?#, ", "in user or password, or between URLs that each begin with amqp://");
            (string user, string? password) = Cut(login, ':');
            if (password is null || user.Length == 0)
            {
                throw new UrlException("before the '@' stands no user:password");
            }

            RefuseAll(password, ":", "in the password");
            (user, password) = (Decode(user, "the user"), Decode(password, "the password"));
            return Same(before?.UserName, user, "guest", "users") && Same(before?.Password, password, "guest", "passwords")
                ? settings with { UserName = user, Password = password }
                : settings;
        }

        /// <summary>Whether a value is to be taken: the first URL says it, a later one may only say the same.</summary>
        private bool Same(string? earlier, string value, string byDefault, string what) =>
            before is null || string.Equals(earlier, value, StringComparison.Ordinal) || string.Equals(earlier, byDefault, StringComparison.Ordinal)
                ? true
                : throw new UrlException($"the URLs of the list name different {what}: they are to be hosts of one broker");

        private AmqpConnectionSettings WithParameter(AmqpConnectionSettings settings, string parameter)
        {
            (string name, string? text) = Cut(parameter, '=');
            if (text is null)
            {
                throw new UrlException("a parameter has no '=': '?' in a vhost is to be written as %3F, '&' as %26");
            }

            string value = Decode(text, "a parameter");
            if (!_parameters.Add(name))
            {
                throw new UrlException($"parameter {Quoted(name)} stands twice");
            }

            return name switch
            {
                "heartbeat" => settings with { Heartbeat = TimeSpan.FromSeconds(Number(value, name)) },
                "connection_timeout" => settings with { ConnectTimeout = TimeSpan.FromMilliseconds(Number(value, name)) },
                "frame_max" => settings with { MaxFrameBytes = Number(value, name) },
                "name" => settings with { Name = value },
                "cacertfile" => settings with { Tls = settings.Tls with { CaFile = value } },
                "certfile" => settings with { Tls = settings.Tls with { CertificateFile = value } },
                "keyfile" => settings with { Tls = settings.Tls with { KeyFile = value } },
                "server_name_indication" => settings with { Tls = settings.Tls with { ServerName = value } },
                "verify" => throw new UrlException("parameter 'verify' is not known: certificates are always verified; cacertfile names the authorities"),
                _ => throw new UrlException($"parameter {Quoted(name)} is not known; known are {Known}"),
            };
        }

        private static int Number(string value, string name) =>
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : throw new UrlException($"parameter '{name}' is no whole number");

        /// <summary>A name as it stands where it cannot be of a password, else its number.</summary>
        private string Quoted(string name) => _mayQuote ? $"'{name}'" : $"{_parameters.Count + 1}";
    }
}
