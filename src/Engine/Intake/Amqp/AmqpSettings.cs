using DataLoad.Engine.Contract;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>The broker, and how its exchanges and queues are declared where they do not exist.</summary>
public sealed record AmqpSettings
{
    /// <summary>The broker's URL, <c>amqp://</c> or <c>amqps://</c>, with user and password.</summary>
    public string Url { get; init; } = "amqp://guest:guest@127.0.0.1:5672/";

    /// <summary>How long a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often each side says that it lives.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the engine's own reader waits, for all streams, for one whose bodies take more than its part of
    /// <see cref="IntakeSettings.MemoryBytes"/>, before it closes that stream's channel.</summary>
    public TimeSpan RoomPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after a read what comes is left to be read together, a quarter of it while little comes; zero reads at once.</summary>
    public TimeSpan ReadInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often the queues' lengths are asked for.</summary>
    public TimeSpan LagInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many dead letters may wait for their confirms at once.</summary>
    public int ConfirmWindow { get; init; } = 256;

    /// <summary>How each stream is set.</summary>
    public IReadOnlyDictionary<string, StreamSettings> Streams { get; init; } = new Dictionary<string, StreamSettings>(StringComparer.Ordinal);

    /// <summary>How a stream is set; the defaults where nothing is said of it.</summary>
    public StreamSettings Of(StreamDefinition stream) => Streams.TryGetValue(stream.Name, out StreamSettings? settings) ? settings : new StreamSettings();

    /// <summary>How the connector reaches the broker.</summary>
    /// <exception cref="FormatException">The URL is none; the message says what is wrong, and holds nothing of the password.</exception>
    public AmqpConnectionSettings ToConnectionSettings() => AmqpConnectionSettings.Parse(Url) with
    {
        Name = "dataload",
        ConnectTimeout = ConnectTimeout,
        Heartbeat = Heartbeat,
        RoomPatience = RoomPatience,
        ReadInterval = ReadInterval,
    };

    /// <summary>The broker's address without user and password, for messages.</summary>
    public string SafeName => AmqpConnectionSettings.TryParse(Url, out AmqpConnectionSettings? settings, out _)
        ? $"{(settings.Endpoints[0].IsTls ? "amqps" : "amqp")}://{settings.SafeName}"
        : "(not a URL)";
}

/// <summary>How one stream is set.</summary>
public sealed record StreamSettings
{
    /// <summary>Whether the stream is consumed.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Whether its exchange delays messages, where the broker has the plugin.</summary>
    public bool Delayed { get; init; }

    /// <summary>The type of its queue where it does not exist: <c>classic</c>, which is declared without arguments, or <c>quorum</c>.</summary>
    public string QueueType { get; init; } = "classic";

    /// <summary>Further arguments of its queue where it does not exist: texts, integers and booleans.</summary>
    public IReadOnlyDictionary<string, object?> QueueArguments { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>How many deliveries may be unacknowledged; null for the general setting.</summary>
    public int? Prefetch { get; init; }

    /// <summary>The stream's queries by the name of their step.</summary>
    public IReadOnlyDictionary<string, string> Queries { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The arguments that the queue is declared with.</summary>
    public IDictionary<string, object?> DeclaredArguments()
    {
        var arguments = new Dictionary<string, object?>(QueueArguments, StringComparer.Ordinal);
        if (!string.Equals(QueueType, "classic", StringComparison.Ordinal))
        {
            arguments["x-queue-type"] = QueueType;
        }

        return arguments;
    }
}
