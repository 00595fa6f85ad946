using System.Text;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Simulation.Tests.Scenarios;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>Watching the batches of events that are parked since their Partition did not accept them.</summary>
internal sealed partial class Auditor
{
    private readonly Dictionary<Guid, IReadOnlyList<GeneratedEvent>> _parkedBatches = [];
    private readonly EntryDecoder _entryDecoder = new(Catalog.Default) { WithTexts = true };

    private void OnBatchParked(Guid id, EventBatch batch)
    {
        if (_parkedBatches.ContainsKey(id))
        {
            return;
        }

        var events = new List<GeneratedEvent>();
        var @event = new BusinessEvent();
        foreach (ref readonly EventHead head in batch.Events)
        {
            @event.Reset(Catalog.Default.StreamById(head.StreamId)!);
            @event.Topic = head.Topic;
            @event.TimeMs = head.TimeMs;
            @event.Day = head.Day;
            var reader = new ByteReader(batch.Payload(head));
            _entryDecoder.Read(ref reader, @event);
            string marker = Encoding.UTF8.GetString(@event.Text(EventText.SessionStr));
            if (_byMarker.TryGetValue(marker, out GeneratedEvent? generated))
            {
                events.Add(generated);
            }
            else
            {
                _world.Fail($"a batch for Partition {batch.Partition} was parked with an event '{marker}' that nobody published");
            }
        }

        _parkedBatches.Add(id, events);
        _world.Log("store", $"a batch for Partition {batch.Partition} is parked: {string.Join(' ', events.Select(one => one.Marker))}");
    }

    private void OnUnparkingBatch(Guid id)
    {
        if (!_parkedBatches.TryGetValue(id, out IReadOnlyList<GeneratedEvent>? events) || !_state.Parked.ContainsKey(id))
        {
            return;
        }

        _world.Log("store", $"a batch is parked no more: {string.Join(' ', events.Select(one => one.Marker))}");
        foreach (GeneratedEvent generated in events.Where(one => !IsPersisted(one)))
        {
            _world.Fail($"lost: the parked row of a batch is removed, and its event {generated} is not persisted");
        }
    }

    private bool IsInParkedBatch(GeneratedEvent generated) =>
        _state.Parked.Keys.Any(id => _parkedBatches.TryGetValue(id, out IReadOnlyList<GeneratedEvent>? events) && events.Contains(generated));
}
