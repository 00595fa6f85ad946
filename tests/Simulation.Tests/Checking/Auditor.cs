using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Simulation.Scenarios;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Checking;

/// <summary>
/// Watches a run from outside, where its effects are: what the store takes and what the broker is told. It keeps its own
/// account of what is journaled, parked and dead, and says at once when a promise is broken. This part is the account; the
/// others watch the store and the broker, and judge the end.
/// </summary>
internal sealed partial class Auditor
{
    private readonly World _world;
    private readonly Scenario _scenario;
    private readonly MemoryStoreState _state;
    private readonly TimeZoneInfo _zone;
    private readonly Dictionary<string, Happening> _byMarker;
    private readonly Dictionary<int, Happening> _byMessage;
    private readonly Dictionary<int, Publishing> _publishings;
    private readonly Dictionary<int, long> _epochs = [];
    private readonly Dictionary<int, long> _lastSequenceNrs = [];
    private readonly Dictionary<(int Shard, long First), JournalBlock> _blocks = [];
    private readonly Dictionary<RowKey, List<Entry>> _entries = [];
    private readonly Dictionary<string, string> _journaledIdentities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _journaledMarkers = new(StringComparer.Ordinal);
    private readonly Dictionary<RowKey, long> _rowSequenceNrs = [];
    private readonly BlockReader _reader = new(Catalog.Default) { WithTexts = true };

    public Auditor(World world, Scenario scenario, MemoryStoreState state)
    {
        _world = world;
        _scenario = scenario;
        _state = state;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(scenario.Settings.TimeZone);
        _byMarker = scenario.Happenings.ToDictionary(happening => happening.Marker, StringComparer.Ordinal);
        var byNumber = scenario.Happenings.ToDictionary(happening => happening.Number);
        _publishings = scenario.Publishings.ToDictionary(publishing => publishing.Number);
        _byMessage = scenario.Publishings.ToDictionary(publishing => publishing.Number, publishing => byNumber[publishing.Happening]);
    }

    /// <summary>The node that holds the shards by the store's word, which is what counts.</summary>
    public string? Owner { get; private set; }

    /// <summary>How many events were journaled.</summary>
    public int Journaled { get; private set; }

    /// <summary>The offsets that clocks have had, from the lowest to the highest.</summary>
    public (long Low, long High) ClockOffsets { get; set; }

    private bool HasTroubles => _scenario.Troubles.Count > 0 || _scenario.CrashAtEnd;

    /// <summary>Whether a happening, or another telling of the same event, is journaled.</summary>
    private bool IsJournaled(Happening happening) => happening.Identity is { } identity
        ? _journaledIdentities.ContainsKey(identity)
        : _journaledMarkers.ContainsKey(happening.Marker);

    private void Account(JournalBlock block)
    {
        _reader.Open(block);
        while (_reader.Next())
        {
            Account(block, _reader.Event, _reader.SequenceNr);
        }
    }

    private void Account(JournalBlock block, BusinessEvent @event, long sequenceNr)
    {
        string marker = Encoding.UTF8.GetString(@event.Text(EventText.SessionStr));
        if (!_byMarker.TryGetValue(marker, out Happening? happening))
        {
            _world.Fail($"shard {block.Shard} journaled an event '{marker}' that nobody published");
            return;
        }

        Journaled++;
        _world.Log("journal", $"shard {block.Shard} #{sequenceNr}: {marker} ({happening.Stream})");
        int times = _journaledMarkers[marker] = _journaledMarkers.GetValueOrDefault(marker) + 1;
        if (happening.Identity is { } identity)
        {
            if (!_journaledIdentities.TryAdd(identity, marker))
            {
                _world.Fail($"counted twice: {identity} was journaled as {_journaledIdentities[identity]} and again as {marker} at SequenceNr {sequenceNr} of shard {block.Shard}");
            }
        }
        else if (times > _deliveries.GetValueOrDefault(happening.Number))
        {
            _world.Fail($"counted twice: {happening} was journaled {times} times, though it was delivered {_deliveries.GetValueOrDefault(happening.Number)} times");
        }

        CheckEvent(happening, @event);
        var key = new RowKey(StreamFacts.Of(happening.Stream).Page, happening.TopicType, happening.TopicId, DayOf(@event.TimeMs));
        if (!_entries.TryGetValue(key, out List<Entry>? entries))
        {
            _entries.Add(key, entries = []);
        }

        entries.Add(new Entry(sequenceNr, happening));
    }

    private void CheckEvent(Happening happening, BusinessEvent @event)
    {
        bool isTimeRight = happening.TimeMs is long time
            ? @event.TimeMs == time
            : @event.TimeMs >= _scenario.StartMs + ClockOffsets.Low && @event.TimeMs <= _world.NowMs + ClockOffsets.High;
        if (!isTimeRight)
        {
            _world.Fail($"{happening} was journaled with time {@event.TimeMs}, expected {happening.TimeMs?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "that of a receipt"}");
        }
        else if (@event.Day != DayOf(@event.TimeMs))
        {
            _world.Fail($"{happening} at {@event.TimeMs} was journaled on {DateOnly.FromDayNumber(@event.Day):yyyy-MM-dd}, expected {DateOnly.FromDayNumber(DayOf(@event.TimeMs)):yyyy-MM-dd} in {_zone.Id}");
        }
        else if (!@event.Topic.Equals(new TopicKey(happening.TopicType, happening.TopicId)) || happening.Flaw is not null || happening.RowsAtMs == Happening.Never)
        {
            _world.Fail($"{happening} was journaled on topic {@event.Topic}");
        }
        else if (happening.DelayMs > 0 && !HasClockJumps && _world.NowMs < _scenario.StartMs + EarliestPublishing(happening) + happening.DelayMs)
        {
            _world.Fail($"{happening} was journaled at {_world.ElapsedMs} ms, before its delay of {happening.DelayMs} ms had passed");
        }
    }

    private bool HasClockJumps => _scenario.Troubles.Any(trouble => trouble.Kind == TroubleKind.ClockJump);

    private long EarliestPublishing(Happening happening) =>
        _scenario.Publishings.Where(publishing => publishing.Happening == happening.Number).Min(publishing => publishing.AtMs);

    private int DayOf(long timeMs)
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(timeMs);
        return DateOnly.FromDateTime((time + _zone.GetUtcOffset(time)).UtcDateTime).DayNumber;
    }

    /// <summary>What a row must hold at a SequenceNr.</summary>
    private Oracle Fold(in RowKey key, long throughSequenceNr)
    {
        var oracle = new Oracle();
        if (_entries.TryGetValue(key, out List<Entry>? entries))
        {
            foreach (Entry entry in entries)
            {
                if (entry.SequenceNr <= throughSequenceNr)
                {
                    oracle.Add(entry.Happening);
                }
            }
        }

        return oracle;
    }

    /// <summary>How a row differs from what it must hold, or null.</summary>
    private string? Difference(Page page, in RowKey key, long throughSequenceNr, long[] values)
    {
        Oracle oracle = Fold(key, throughSequenceNr);
        for (int i = 0; i < values.Length; i++)
        {
            string column = page.Metrics[i].Column;
            if (values[i] != oracle[column])
            {
                return $"{column} is {values[i]}, the events give {oracle[column]}";
            }
        }

        return null;
    }
}
