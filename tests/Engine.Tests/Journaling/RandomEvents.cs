using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>Random events of all streams, from a seed.</summary>
internal sealed class RandomEvents(int seed)
{
    private static readonly string[] Types = ["lesson", "activity", "课程", "a", new string('x', 64), "🐻"];
    private static readonly string[] Words = ["", "s", "0123456789abcdef", "0123456789ABCDEF", "abcdef01", "abcdef0", "会话", "🐻🐻", new string('q', 300), "a\0b"];

    private readonly Random _random = new(seed);
    private readonly IdentityHasher _hasher = new();
    private readonly BusinessEvent _event = new();

    /// <summary>How many topics of each type, and how many days, there are.</summary>
    public int Topics { get; init; } = 4;

    public int Days { get; init; } = 3;

    public int Users { get; init; } = int.MaxValue;

    public EventSpec Next(bool identified = false)
    {
        StreamDefinition stream = Catalog.Default.Streams[_random.Next(Catalog.Default.Streams.Length)];
        int day = 739_675 + _random.Next(Days);
        var spec = new EventSpec(
            stream,
            new TopicKey(Types[_random.Next(Types.Length)], _random.Next(Topics)),
            ((day - 719_162) * 86_400_000L) + _random.Next(86_400_000),
            day,
            _random.Next(5) == 0 ? 0 : 1 + _random.Next(Users - 1),
            _random.Next(3) == 0 ? _random.Next(100) : null,
            [.. Enumerable.Range(0, EventSpec.TextsOf(stream)).Select(_ => Words[_random.Next(Words.Length)])],
            [.. stream.Facts.Select(fact => FactOf(fact.Name))],
            EventId.None);
        return spec with { Identity = IdentityOf(spec, identified) };
    }

    public EventSpec[] Take(int count, bool identified = false) => [.. Enumerable.Range(0, count).Select(_ => Next(identified))];

    private EventId IdentityOf(EventSpec spec, bool identified)
    {
        if (spec.Stream.BusinessKeyStep >= 0)
        {
            return EventId.Key(_random.Next(4) switch
            {
                0 => _random.Next(int.MaxValue),
                1 => (1 << 20) - 2 + _random.Next(4),
                _ => _random.Next(200),
            });
        }

        int choice = _random.Next(identified ? 2 : 3);
        if (choice == 0 && IdentityHasher.EventHoldsContent(spec.Stream))
        {
            return new EventId(IdentityKind.Content, _hasher.OfContent(spec.Fill(_event)));
        }

        return choice == 2 ? EventId.None : _hasher.OfMessageId(spec.Stream, spec.Topic, $"message {_random.NextInt64()}");
    }

    private long FactOf(string name) => name switch
    {
        "is_vip" or "is_rush" or "by_share" or "h5_activate" => _random.Next(2),
        "open_type" => _random.Next(-1, 4),
        "joinType" => _random.Next(1, 4),
        _ when _random.Next(6) == 0 => 0,
        _ when name.EndsWith("amount", StringComparison.Ordinal) => _random.NextInt64(1_000_000_000_000),
        _ => _random.Next(4) == 0 ? _random.Next(int.MaxValue) : _random.Next(50),
    };
}
