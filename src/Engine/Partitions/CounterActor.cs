using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>Holds all that is known of one page, topic and day. Takes slices of persisted blocks in their order; passes over what its state holds already. A
/// child of its Partition, which knows what of it is flushed and saved, and stops it when it is idle.</summary>
/// <remarks>It breaks alone: damaged bytes, or a sum beyond its column, are told with the slice that met them, and it applies nothing any more until it is
/// given a state that was rebuilt.</remarks>
internal sealed class CounterActor : UntypedActor
{
    private readonly CountingPlan _plan;
    private readonly BusinessEvent _event = new();
    private Counter _counter;
    private string? _damage;

    /// <summary>Makes a Counter of a stored state, or an empty one where that is null.</summary>
    public CounterActor(CounterId id, Page page, CountingPlan plan, int partition, Snapshot? stored)
    {
        _plan = plan;
        _counter = new Counter(id, page);
        if (stored is null)
        {
            return;
        }

        try
        {
            _counter = CounterCodec.Decode(id, page, stored.Bytes);
        }
        catch (StoredFormatException e)
        {
            _damage = SnapshotFault.At(partition, SnapshotKind.Counter, stored.SequenceNr, e).Message;
        }
    }

    public static Props Props(CounterId id, Page page, CountingPlan plan, int partition, Snapshot? stored) =>
        Akka.Actor.Props.CreateBy(new CounterProducer(id, page, plan, partition, stored));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CounterSlice slice:
                Apply(slice);
                Sender.Tell(new SliceApplied(_counter.Id, slice.SequenceNr, slice.Bytes, _counter.ResidentBytes, _damage));
                break;
            case ReadRow read when _damage is null:
                Sender.Tell(new CounterRow(_counter.Id, read.Round, _counter.SequenceNr, _counter.Values()));
                break;
            case ReadState read when _damage is null:
                Sender.Tell(new CounterState(_counter.Id, read.Round, _counter.SequenceNr, CounterCodec.Encode(_counter)));
                break;
            case ReadRow or ReadState:
                // The damage was told with the slice that met it: the Partition waits for no answer of a damaged Counter.
                break;
            case ReplaceState replace:
                _counter = replace.Counter;
                _damage = null;
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Apply(CounterSlice slice)
    {
        if (_damage is not null || (slice.SequenceNr <= _counter.SequenceNr && !Fault.Is(FaultPoint.SliceAppliedTwice)))
        {
            return;
        }

        try
        {
            ReadOnlySpan<byte> block = slice.Block.Bytes.Span;
            foreach (SliceEntry entry in slice.Entries)
            {
                _event.Reset(_plan.Catalog.StreamById(entry.StreamId)!);
                EntryDecoder.ReadFacts(block, entry.Offset, _event);
                _plan.Apply(_event, _counter);
            }

            _counter.SequenceNr = slice.SequenceNr;
        }
        catch (OverflowException)
        {
            _damage = $"A sum of Counter {_counter.Id} passed {Counter.MaxSum} at SequenceNr {slice.SequenceNr}. "
                + "Run 'dataload rebuild' for its topic once the cause is gone.";
        }
    }

    // A producer rather than an expression: compiled once, not for each of a hundred thousand Counters.
    private sealed class CounterProducer(CounterId id, Page page, CountingPlan plan, int partition, Snapshot? stored) : IIndirectActorProducer
    {
        public Type ActorType => typeof(CounterActor);

        public ActorBase Produce() => new CounterActor(id, page, plan, partition, stored);

        public void Release(ActorBase actor) { }
    }
}
