using System.CommandLine.Parsing;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>The arguments and options of <c>dataload publish</c>.</summary>
internal sealed class PublishOptions
{
    private const int MaxCount = 100_000;

    private static readonly string[] Streams = [.. Catalog.Default.Streams.Select(stream => stream.Name)];

    private readonly Argument<string> _stream = new("STREAM") { Description = $"The stream: {string.Join(", ", Streams)}.", HelpName = "STREAM" };
    private readonly Argument<string?> _key = new("KEY")
    {
        Description = "The key, for the streams whose body is one: userRecordId or recordId, such as 33.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _session = Options.Text("--session", "TEXT", "sessionStr; random where it is left out.");
    private readonly Option<TopicArgument?> _topic = Options.Topic("--topic", "topicType and topicId, as in --topic ACTIVITY:7.");
    private readonly Option<TopicArgument?> _parent = Options.Topic("--parent", "parentTopicType and parentTopicId, as in --parent mall:1.");
    private readonly Option<string?> _user = Options.Text("--user", "ID", "wuId, as in --user 42; left out or 0 is anonymous.");
    private readonly Option<string?> _qr = Options.Text("--qr", "TEXT", "qrCode.");
    private readonly Option<string?> _channel = Options.Text("--channel", "TEXT", "channelType, as in --channel wechat.");
    private readonly Option<string?> _messageId = Options.Text("--message-id", "TEXT", "The AMQP message-id: an event's identity where it has no key.");

    private readonly Option<long?> _time = new("--time")
    {
        Description = "ctime: epoch milliseconds, or a time with its zone, as in --time 2024-11-30T08:00:00+08:00.",
        HelpName = "TIME",
        CustomParser = result => Options.Read(result, "time",
            "epoch milliseconds, or a time such as 2024-11-30T08:00:00+08:00 (UTC where no zone is given)", ParseTime),
    };

    private readonly Option<string[]> _fields = new("--field")
    {
        Description = "A field of the stream's own, as in --field joinType=1; may be given several times.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<BodyForm> _form = new("--body-form")
    {
        Description = "How the body is written: json (an object), bare (the key alone), java (Spring's default converter) or text (Spring's String).",
        HelpName = "json|bare|java|text",
        DefaultValueFactory = _ => BodyForm.Json,
        CustomParser = result => Options.Read<BodyForm?>(result, "form of a body", "json, bare, java or text", text =>
            text switch { "json" => BodyForm.Json, "bare" => BodyForm.Bare, "java" => BodyForm.Java, "text" => BodyForm.Text, _ => null }) ?? default,
    };

    private readonly Option<TimeSpan?> _delay = new("--delay")
    {
        Description = "Header x-delay: a duration or milliseconds, as in --delay 30s or --delay 500.",
        HelpName = "DURATION",
        CustomParser = result => Options.Read<TimeSpan?>(result, "duration", "such as 30s, 5m, 2h, or milliseconds", text =>
            HoconUnits.TryDuration(text, out TimeSpan delay) && delay >= TimeSpan.Zero ? delay : null),
    };

    public PublishOptions()
    {
        _stream.AcceptOnlyFromAmong(Streams);
        _fields.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"'{token.Value}' is no field: expected NAME=VALUE, such as joinType=1.");
            }
        });
    }

    /// <summary>How many times it is sent.</summary>
    public Option<int> Count { get; } = Options.Number("--count", "N", $"How many times it is sent, 1 to {MaxCount}.", 1, MaxCount, 1);

    /// <summary>Whether it is shown instead of sent.</summary>
    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Shows exchange, properties and body, and sends nothing." };

    public void AddTo(Command command) => command.AddAll(
        [_stream, _key, _session, _topic, _parent, _user, _qr, _channel, _time, _fields, _form, _messageId, _delay, Count, DryRun]);

    public PublishRequest Read(ParseResult result)
    {
        TopicArgument? topic = result.GetValue(_topic);
        TopicArgument? parent = result.GetValue(_parent);
        (string Name, string? Value)[] given =
        [
            .. (result.GetValue(_fields) ?? []).Select(field => field.Split('=', 2)).Select(parts => (parts[0], (string?)parts[1])),
            ("sessionStr", result.GetValue(_session)), ("topicType", topic?.Type), ("topicId", topic?.Id.ToString()),
            ("parentTopicType", parent?.Type), ("parentTopicId", parent?.Id.ToString()), ("wuId", result.GetValue(_user)),
            ("qrCode", result.GetValue(_qr)), ("channelType", result.GetValue(_channel)), ("ctime", result.GetValue(_time)?.ToString()),
        ];
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string? value) in given.Where(field => field.Value is not null))
        {
            fields[name] = value!;
        }

        return new PublishRequest
        {
            Stream = Catalog.Default.FindStream(result.GetValue(_stream)!)!,
            Key = result.GetValue(_key),
            Fields = fields,
            Form = result.GetValue(_form),
            MessageId = result.GetValue(_messageId),
            Delay = result.GetValue(_delay),
        };
    }

    private static long? ParseTime(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long ms) ? ms
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time.ToUnixTimeMilliseconds()
        : null;
}

/// <summary>What is to be published, as it was asked for: a key for streams that have one, fields by their name in the message, the AMQP message-id and
/// what header <c>x-delay</c> says; null for none.</summary>
internal sealed record PublishRequest
{
    public required StreamDefinition Stream { get; init; }
    public string? Key { get; init; }
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
    public BodyForm Form { get; init; }
    public string? MessageId { get; init; }
    public TimeSpan? Delay { get; init; }
}

/// <summary>How a body is written.</summary>
internal enum BodyForm
{
    /// <summary>A JSON object, <c>application/json</c>.</summary>
    Json = 0,

    /// <summary>The key alone as JSON, <c>application/json</c>.</summary>
    Bare,

    /// <summary>A Java object as Spring's default converter serializes it.</summary>
    Java,

    /// <summary>A text, <c>text/plain</c>: the key alone, or a JSON object where there is more.</summary>
    Text,
}
