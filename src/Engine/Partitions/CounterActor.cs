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
    private readonly Queue<(Breakdown Breakdown, PartPage Page)> _pagesToSave = new();
    private readonly List<PartPages> _obsolete = [];
    private readonly Sources _sources;
    private Counter _counter;
    private string? _damage;

    /// <summary>Makes a Counter of a stored state, or an empty one where that is null.</summary>
    /// <remarks>Parts of it that hold beyond the SequenceNr are to be flushed: the row of one may not have been written.</remarks>
    public CounterActor(CounterId id, Page page, CountingPlan plan, StoredCounter? stored, long flushedSequenceNr)
    {
        _plan = plan;
        _sources = BreakdownSources.Of(page.Breakdowns);
        _counter = new Counter(id, page);
        if (stored is null)
        {
            return;
        }

        try
        {
            _counter = stored.Decode(id, page, flushedSequenceNr);
        }
        catch (StoredFormatException e)
        {
            _damage = e.Message;
        }
    }

    public static Props Props(CounterId id, Page page, CountingPlan plan, StoredCounter? stored, long flushedSequenceNr) =>
        Akka.Actor.Props.CreateBy(new CounterProducer(id, page, plan, stored, flushedSequenceNr));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CounterSlices slices:
                foreach (CounterSlice slice in slices.Slices)
                {
                    Apply(slice);
                }

                Sender.Tell(new SlicesApplied(_counter.Id, slices.Slices[^1].SequenceNr, slices.Bytes, _counter.ResidentBytes, _damage));
                break;
            case ReadRow read when _damage is null:
                List<PartRow> parts = TakeParts(read.MaxParts);
                bool hasMore = _counter.Breakdowns.Any(breakdown => breakdown.HasChanged);
                Sender.Tell(new CounterRow(_counter.Id, read.Round, _counter.SequenceNr, _counter.Values(), parts, hasMore));
                break;
            case ReadState read when _damage is null:
                Sender.Tell(StateFor(read));
                break;
            case ReadRow or ReadState:
                // The damage was told with the slice that met it: the Partition waits for no answer of a damaged Counter.
                break;
            case ReplaceState replace:
                Replace(replace);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Apply(CounterSlice slice)
    {
        if (_damage is not null || (slice.SequenceNr <= _counter.HeldSequenceNr && !Fault.Is(FaultPoint.SliceAppliedTwice)))
        {
            return;
        }

        bool isOfWhole = slice.SequenceNr > _counter.SequenceNr || Fault.Is(FaultPoint.SliceAppliedTwice);

        try
        {
            ReadOnlySpan<byte> block = slice.Block.Bytes.Span;
            foreach (SliceEntry entry in slice.Entries)
            {
                _event.Reset(_plan.Catalog.StreamById(entry.StreamId)!);
                EntryDecoder.ReadCounted(block, entry.Offset, _sources, _event);
                if (isOfWhole)
                {
                    _plan.ApplyToWhole(_event, _counter);
                }

                _plan.ApplyToParts(_event, _counter, slice.SequenceNr);
            }

            _counter.StandAt(slice.SequenceNr);
        }
        catch (OverflowException)
        {
            _damage = $"A sum of Counter {_counter.Id} passed {Counter.MaxSum} at SequenceNr {slice.SequenceNr}. "
                + "Run 'dataload rebuild' for its topic once the cause is gone.";
        }
    }

    /// <summary>The parts of the new state stand on pages behind those of the old one, which go when it is saved: its parts may be on other pages, and who reads pages one
    /// by one would miss those that moved. So would the next owner, were this one killed when some of the pages are saved.</summary>
    private void Replace(ReplaceState replace)
    {
        _obsolete.AddRange(replace.Stored);
        _obsolete.AddRange(_counter.Breakdowns.Select(breakdown => breakdown.StoredPages));
        _counter = replace.Counter;
        foreach (CounterBreakdown breakdown in _counter.Breakdowns)
        {
            breakdown.BeginAt(_obsolete.Where(pages => pages.Breakdown == breakdown.Breakdown).Select(pages => pages.End).DefaultIfEmpty().Max());
        }

        _counter.MarkAllChanged();
        _pagesToSave.Clear();
        _damage = null;
    }

    private List<PartRow> TakeParts(int most)
    {
        var rows = new List<PartRow>();
        foreach (CounterBreakdown breakdown in _counter.Breakdowns)
        {
            foreach (CounterPart part in breakdown.TakeChanged(most - rows.Count))
            {
                rows.Add(new PartRow(part.ValueOf(breakdown.Breakdown), part.SequenceNr, part.Values(_counter.Page)));
            }
        }

        return rows;
    }

    private CounterState StateFor(ReadState read)
    {
        if (!read.IsContinued)
        {
            foreach (CounterBreakdown breakdown in _counter.Breakdowns)
            {
                breakdown.TakeChangedPages().ForEach(page => _pagesToSave.Enqueue((breakdown.Breakdown, page)));
            }
        }

        var pages = new List<PageState>();
        long bytes = 0;
        while (bytes < read.MaxBytes && _pagesToSave.TryDequeue(out (Breakdown Breakdown, PartPage Page) next))
        {
            byte[] encoded = PartPageCodec.Encode(_counter.Page, next.Page, _counter.SequenceNr);
            bytes += encoded.Length;
            pages.Add(new PageState(next.Breakdown, next.Page.Number, encoded));
        }

        if (_pagesToSave.Count > 0)
        {
            return new CounterState(_counter.Id, read.Round, _counter.SequenceNr, null, pages, []);
        }

        PartPages[] obsolete = [.. _obsolete.Where(old => old.Count > 0).Distinct()];
        _obsolete.Clear();
        return new CounterState(_counter.Id, read.Round, _counter.SequenceNr, CounterCodec.Encode(_counter), pages, obsolete);
    }

    // A producer rather than an expression: compiled once, not for each of a hundred thousand Counters.
    private sealed class CounterProducer(CounterId id, Page page, CountingPlan plan, StoredCounter? stored, long flushedSequenceNr) : IIndirectActorProducer
    {
        public Type ActorType => typeof(CounterActor);

        public ActorBase Produce() => new CounterActor(id, page, plan, stored, flushedSequenceNr);

        public void Release(ActorBase actor) { }
    }
}
