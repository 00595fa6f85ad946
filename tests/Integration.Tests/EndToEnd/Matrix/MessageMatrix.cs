using System.Globalization;
using System.Text;
using DataLoad.Demo;

namespace DataLoad.Integration.Tests.EndToEnd.Matrix;

/// <summary>
/// Messages that are each written in a way of their own, and what becomes of each by the contract: an event, by its own
/// topic, or a dead letter, by its own message-id.
/// </summary>
internal sealed class MessageMatrix
{
    public const string Json = "application/json";
    public const string Text = "text/plain";
    public const string Java = "application/x-java-serialized-object";

    /// <summary>Noon of <see cref="Day"/> in Shanghai.</summary>
    public const long Noon = 1_714_536_000_000;

    /// <summary>What names the event, as the inside of an object.</summary>
    public const string Fields = "\"sessionStr\":\"s\",\"topicType\":\"m\",\"topicId\":TOPIC,\"wuId\":7,\"ctime\":1714536000000";

    public static readonly DateOnly Day = new(2024, 5, 1);

    private readonly Dictionary<string, Refusal> _refusals = new(StringComparer.Ordinal);
    private readonly List<WireMessage> _messages = [];
    private readonly List<BusinessRow> _rows = [];
    private readonly List<MeantEvent> _meant = [];
    private int _topic;

    /// <summary>A dead letter that there is to be: its message, its reason, and what its sentence names.</summary>
    internal sealed record Refusal(WireMessage Message, string Reason, string Named);

    public IReadOnlyList<WireMessage> Messages => _messages;

    /// <summary>The dead letters by their message-id.</summary>
    public IReadOnlyDictionary<string, Refusal> Refusals => _refusals;

    public IReadOnlyList<BusinessRow> Rows => _rows;

    public IReadOnlyList<MeantEvent> Meant => _meant;

    public int NewTopic() => ++_topic;

    /// <summary>Adds a message; TOPIC in its body is the topic.</summary>
    public WireMessage Send(StreamInfo stream, int topic, string body, string? type = Json, Func<string, byte[]>? written = null, Func<WireMessage, WireMessage>? with = null)
    {
        var text = body.Replace("TOPIC", topic.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var message = new WireMessage(stream, (written ?? Encoding.UTF8.GetBytes)(text)) { ContentType = type };
        message = with?.Invoke(message) ?? message;
        _messages.Add(message);
        return message;
    }

    /// <summary>What a message of a topic means unless it says otherwise.</summary>
    public static MeantEvent Event(StreamInfo stream, int topic) => new(stream.Name, "m", topic, Day, 7, "the one");

    public void Means(MeantEvent meant) => _meant.Add(meant);

    /// <summary>A message that counts, on a topic of its own.</summary>
    public void Counts(StreamInfo stream, string body, string? type = Json, Func<string, byte[]>? written = null, Func<WireMessage, WireMessage>? with = null, Func<MeantEvent, MeantEvent>? meaning = null)
    {
        var topic = NewTopic();
        Send(stream, topic, body, type, written, with);
        Means(meaning?.Invoke(Event(stream, topic)) ?? Event(stream, topic));
    }

    /// <summary>A message that becomes a dead letter, and is known by its message-id there.</summary>
    public void Rejects(StreamInfo stream, string body, string reason, string named, string? type = Json, Func<string, byte[]>? written = null, Func<WireMessage, WireMessage>? with = null)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"rejected-{_refusals.Count + 1}");
        var message = Send(stream, NewTopic(), body, type, written, message => (with?.Invoke(message) ?? message) with { MessageId = id });
        _refusals.Add(id, new Refusal(message, reason, named));
    }

    public void Row(BusinessRow row) => _rows.Add(row);

    /// <summary>The columns that describe an event, between a row's key and its own columns.</summary>
    public static object?[] Common(int topic, int? user = 7, string? session = "s", string? type = "m") => [session, null, null, type, topic, null, user, null];

    public void Visit(int id, object?[] common, long? ctime = Noon) => Row(BusinessSchema.UserRecord.Row([id, .. common, ctime]));

    public void Record(int id, string? data, long? ctime = Noon) => Row(BusinessSchema.MqOperateRecord.Row(id, "e", data, (short)0, ctime));

    public void Order(int id, object?[] common, long? ctime = null, int? number = 2, decimal? amount = 1.25m) =>
        Row(BusinessSchema.Orders.Row([id, .. common, false, number, 3, amount, false, false, ctime]));

    /// <summary>What <see cref="Order"/> adds.</summary>
    public static MeantEvent Bought(MeantEvent meant) => meant with { Num = 2, CardNum = 3, Amount = 1.25m };
}
