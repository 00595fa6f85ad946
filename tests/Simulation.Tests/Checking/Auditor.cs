using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>
/// Watches a run from outside, where its effects are: what journal and store take and what the queue is told. It keeps its
/// own account of what is persisted, and says at once when a promise is broken. This part is the account; the others watch
/// the store and the queue, and judge the end.
/// </summary>
internal sealed partial class Auditor
{
    private readonly World _world;
    private readonly Scenario _scenario;
    private readonly StoreState _state;
    private readonly JournalTable _journal;
    private readonly TimeZoneInfo _zone;
    private readonly Dictionary<string, GeneratedEvent> _byMarker;
    private readonly Dictionary<int, GeneratedEvent> _byMessage;
    private readonly Dictionary<int, Publishing> _publishings;
    private readonly Dictionary<int, long> _lastSequenceNrs = [];
    private readonly Dictionary<RowKey, List<Entry>> _entries = [];
    private readonly Dictionary<string, string> _persistedIdentities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _persistedMarkers = new(StringComparer.Ordinal);
    private readonly BlockDecoder _decoder = new(Catalog.Default) { WithTexts = true };

    public Auditor(World world, Scenario scenario, StoreState state, JournalTable journal)
    {
        _world = world;
        _scenario = scenario;
        _state = state;
        _journal = journal;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(scenario.TimeZone);
        _byMarker = scenario.Events.ToDictionary(one => one.Marker, StringComparer.Ordinal);
        var byNumber = scenario.Events.ToDictionary(one => one.Number);
        _publishings = scenario.Publishings.ToDictionary(publishing => publishing.Number);
        _byMessage = scenario.Publishings.ToDictionary(publishing => publishing.Number, publishing => byNumber[publishing.Event]);
        journal.Written = OnPersisted;
        journal.Deleting = OnDeleting;
        journal.WriteFailed = OnWriteFailed;
    }

    /// <summary>How many events were persisted.</summary>
    public int Persisted { get; private set; }

    /// <summary>How many segments of sessions were looked at in the end.</summary>
    public int SessionsJudged { get; private set; }

    /// <summary>The offsets that clocks have had, from the lowest to the highest.</summary>
    public (long Low, long High) ClockOffsets { get; set; }

    /// <summary>Whether an event, or another message about the same one, is persisted.</summary>
    private bool IsPersisted(GeneratedEvent generated) => generated.Identity is { } identity
        ? _persistedIdentities.ContainsKey(identity)
        : _persistedMarkers.ContainsKey(generated.Marker);

    private void OnPersisted(JournalRow row)
    {
        int partition = NumberOf(row.PersistenceId);
        if (row.SequenceNr <= _state.PositionsOf(partition).Baseline)
        {
            // No reader looks there, so the events of a block are lost; also a write that was given up finds its number taken. An announcement
            // may find it free, where the owner before wrote a block under it: its Epoch is stale, and is refused.
            if (row.Payload is not Owned)
            {
                _world.Fail($"lost: #{row.SequenceNr} of Partition {partition} landed where the journal was trimmed");
            }

            return;
        }

        long last = _lastSequenceNrs.GetValueOrDefault(partition);
        if (row.SequenceNr != last + 1)
        {
            _world.Fail($"Partition {partition} persisted {row.SequenceNr} after {last}");
        }

        _lastSequenceNrs[partition] = row.SequenceNr;
        if (row.Payload is Owned owned)
        {
            _world.Log("journal", $"Partition {partition} #{row.SequenceNr}: owned by {owned.Node}");
            OnOwned(partition, row.SequenceNr, owned.Node);
            return;
        }

        _decoder.Open(partition, row.SequenceNr, (Block)row.Payload);
        while (_decoder.Next())
        {
            Account(partition, row.SequenceNr, _decoder.Event);
        }
    }

    private void Account(int partition, long sequenceNr, BusinessEvent @event)
    {
        string marker = Encoding.UTF8.GetString(@event.Text(EventText.SessionStr));
        if (!_byMarker.TryGetValue(marker, out GeneratedEvent? generated))
        {
            _world.Fail($"Partition {partition} persisted an event '{marker}' that nobody published");
            return;
        }

        Persisted++;
        _world.Log("journal", $"Partition {partition} #{sequenceNr}: {marker} ({generated.Stream})");
        int times = _persistedMarkers[marker] = _persistedMarkers.GetValueOrDefault(marker) + 1;
        if (generated.Identity is { } identity)
        {
            if (!_persistedIdentities.TryAdd(identity, marker))
            {
                _world.Fail($"counted twice: {identity} was persisted as {_persistedIdentities[identity]} and again as {marker} at SequenceNr {sequenceNr} of Partition {partition}");
            }
        }
        else if (times > _deliveries.GetValueOrDefault(generated.Number))
        {
            _world.Fail(
                $"counted twice: {generated} was persisted {times} times, though it was delivered {_deliveries.GetValueOrDefault(generated.Number)} times");
        }

        CheckEvent(generated, @event);
        var key = new RowKey(StreamFacts.Of(generated.Stream).Page, generated.TopicType, generated.TopicId, DayOf(@event.TimeMs));
        AddEntry(key, new Entry(sequenceNr, generated));
        AddEntry(key with { Part = BreakdownValue.Of(Breakdown.Parent, generated.Parent?.Type ?? "", generated.Parent?.Id ?? 0) }, new Entry(sequenceNr, generated));
    }

    private void AddEntry(in RowKey key, Entry entry)
    {
        if (!_entries.TryGetValue(key, out List<Entry>? entries))
        {
            _entries.Add(key, entries = []);
        }

        entries.Add(entry);
    }

    private void CheckEvent(GeneratedEvent generated, BusinessEvent @event)
    {
        bool isTimeRight = generated.TimeMs is long time
            ? @event.TimeMs == time
            : @event.TimeMs >= _scenario.StartMs + ClockOffsets.Low && @event.TimeMs <= _world.NowMs + ClockOffsets.High;
        if (!isTimeRight)
        {
            _world.Fail($"{generated} was persisted with time {@event.TimeMs}, expected {generated.TimeMs?.ToString(CultureInfo.InvariantCulture) ?? "that of a receipt"}");
        }
        else if (@event.Day != DayOf(@event.TimeMs))
        {
            _world.Fail($"{generated} at {@event.TimeMs} was persisted on {DateOnly.FromDayNumber(@event.Day):yyyy-MM-dd}, expected {DateOnly.FromDayNumber(DayOf(@event.TimeMs)):yyyy-MM-dd} in {_zone.Id}");
        }
        else if (!@event.Topic.Equals(new TopicKey(generated.TopicType, generated.TopicId)))
        {
            _world.Fail($"{generated} was persisted on topic {@event.Topic}");
        }
    }

    private int DayOf(long timeMs)
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(timeMs);
        return DateOnly.FromDateTime((time + _zone.GetUtcOffset(time)).UtcDateTime).DayNumber;
    }

    /// <summary>What a row must hold at a SequenceNr.</summary>
    private Oracle Fold(in RowKey key, long throughSequenceNr)
    {
        var oracle = new Oracle();
        foreach (Entry entry in _entries.GetValueOrDefault(key) ?? [])
        {
            if (entry.SequenceNr <= throughSequenceNr)
            {
                oracle.Add(entry.Event);
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

    /// <summary>An event that is persisted.</summary>
    /// <param name="SequenceNr">The SequenceNr of its block.</param>
    /// <param name="Event">What it is, by its marker.</param>
    private sealed record Entry(long SequenceNr, GeneratedEvent Event);
}
