using System.Diagnostics.CodeAnalysis;

namespace DataLoad.Streams.Amqp;

/// <summary>Where the broker is and how it is connected to. <see cref="Parse"/> makes one of a URL list. Its text shows no password.</summary>
public sealed record AmqpConnectionSettings
{
    /// <summary>The smallest <see cref="MaxFrameBytes"/> that AMQP allows.</summary>
    public const int SmallestFrameBytes = 4096;

    /// <summary>The hosts of one broker or of its cluster: tried in turn, the next one when one fails or falls. At least one.</summary>
    public IReadOnlyList<AmqpEndpoint> Endpoints { get; init; } = [new AmqpEndpoint("127.0.0.1", AmqpEndpoint.DefaultPort, IsTls: false)];

    /// <summary>The user.</summary>
    public string UserName { get; init; } = "guest";

    /// <summary>The user's password.</summary>
    public string Password { get; init; } = "guest";

    /// <summary>The virtual host.</summary>
    public string VirtualHost { get; init; } = "/";

    /// <summary>How TLS is spoken with the endpoints that ask for it.</summary>
    public AmqpTlsSettings Tls { get; init; } = new();

    /// <summary>The name that the broker shows of the connections, followed by what each is for.</summary>
    public string Name { get; init; } = "akka-streams-amqp";

    /// <summary>How long connecting to one host may take in all, and each later answer of the broker. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often each side says that it lives, in whole seconds from 1; the broker may ask for more often. Default 20 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The largest frame, in bytes, from 4096; the broker may ask for less. Bounds content headers too. Default 128 KiB, RabbitMQ's own.</summary>
    public int MaxFrameBytes { get; init; } = 128 * 1024;

    /// <summary>The largest body that is taken; a larger one ends the connection. Default 1 GiB: brokers refuse half of that.</summary>
    public int MaxBodyBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>How long all sources wait for one whose bodies take more than they may (<see cref="AmqpSourceSettings.MaxBytes"/>), before its channel is
    /// closed. Short lets large bodies wear channels out, long lets one source hold up the others. Default 10 s.</summary>
    public TimeSpan RoomPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long, from a read of the socket on, deliveries are left to be read together, and a quarter of that while few come; zero reads at once.
    /// Longer saves CPU on both sides and adds that much latency. Default 20 ms.</summary>
    public TimeSpan ReadInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The least time from one dialling to the next: within it, whoever wants a connection hears of the last failure. Default 1 s.</summary>
    public TimeSpan RedialInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such time: it doubles with each connection that was made and lost again within <see cref="StableAfter"/>, as where the broker
    /// closes each over what this side sends. Default 10 s, at least <see cref="RedialInterval"/>.</summary>
    public TimeSpan LongestRedialInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection must have lasted for the next one to be dialled after <see cref="RedialInterval"/> again. Default 5 s.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The endpoints and the virtual host, for messages.</summary>
    public string SafeName => $"{string.Join(",", Endpoints)}/{(string.Equals(VirtualHost, "/", StringComparison.Ordinal) ? "" : VirtualHost)}";

    /// <summary>Reads a URL list: see <see cref="AmqpUrl"/>.</summary>
    /// <exception cref="FormatException">It is none; the message says what is wrong and how to write it, and holds nothing of the password.</exception>
    public static AmqpConnectionSettings Parse(string urls) =>
        TryParse(urls, out AmqpConnectionSettings? settings, out string? error) ? settings : throw new FormatException(error);

    /// <summary>Reads a URL list: see <see cref="AmqpUrl"/>.</summary>
    /// <param name="urls">The list.</param>
    /// <param name="settings">What it says; null where it is wrong.</param>
    /// <param name="error">What is wrong and how to write it, without anything of the password; null where nothing is.</param>
    public static bool TryParse(string urls, [NotNullWhen(true)] out AmqpConnectionSettings? settings, [NotNullWhen(false)] out string? error)
    {
        (settings, error) = AmqpUrl.Read(urls);
        return settings is not null;
    }

    /// <summary>Checks that each value is one that works.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, its value and what is expected.</exception>
    public void Validate()
    {
        Require(Endpoints.Count > 0, nameof(Endpoints), Endpoints.Count, "at least one");
        Require(Heartbeat >= TimeSpan.FromSeconds(1) && Heartbeat.TotalSeconds <= ushort.MaxValue, nameof(Heartbeat), Heartbeat, "1 s to 65535 s");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), ConnectTimeout, "more than zero");
        Require(MaxFrameBytes is >= SmallestFrameBytes and <= 64 * 1024 * 1024, nameof(MaxFrameBytes), MaxFrameBytes, "4096 to 64 MiB");
        Require(MaxBodyBytes > 0, nameof(MaxBodyBytes), MaxBodyBytes, "more than zero");
        Require(RoomPatience > TimeSpan.Zero, nameof(RoomPatience), RoomPatience, "more than zero");
        Require(ReadInterval >= TimeSpan.Zero, nameof(ReadInterval), ReadInterval, "zero or more");
        Require(RedialInterval >= TimeSpan.Zero, nameof(RedialInterval), RedialInterval, "zero or more");
        Require(LongestRedialInterval >= RedialInterval, nameof(LongestRedialInterval), LongestRedialInterval, "no less than RedialInterval");
        int vhostBytes = System.Text.Encoding.UTF8.GetByteCount(VirtualHost);
        Require(vhostBytes <= byte.MaxValue, nameof(VirtualHost), $"of {vhostBytes} bytes", "at most 255");
    }

    /// <inheritdoc/>
    public override string ToString() => SafeName;

    internal static void Require(bool holds, string name, object value, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} is {value}; expected {expected}.", name);
        }
    }
}

/// <summary>A host of the broker.</summary>
/// <param name="Host">Its name or address.</param>
/// <param name="Port">Its port, 1 to 65535.</param>
/// <param name="IsTls">Whether it is spoken to over TLS.</param>
public sealed record AmqpEndpoint(string Host, int Port, bool IsTls)
{
    /// <summary>AMQP's port without TLS.</summary>
    public const int DefaultPort = 5672;

    /// <summary>AMQP's port with TLS.</summary>
    public const int DefaultTlsPort = 5671;

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>How TLS is spoken. The host's name is always checked.</summary>
public sealed record AmqpTlsSettings
{
    /// <summary>A PEM file of the authorities that may vouch for the broker; null for those of the system.</summary>
    public string? CaFile { get; init; }

    /// <summary>A PEM file of the certificate that this client shows; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>A PEM file of the key of <see cref="CertificateFile"/>; null where that file holds it too.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The name that the broker's certificate must bear; null for the host's name.</summary>
    public string? ServerName { get; init; }
}
