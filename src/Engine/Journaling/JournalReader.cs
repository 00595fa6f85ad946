using System.Globalization;
using System.Runtime.CompilerServices;
using Akka;
using Akka.Persistence.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Reads what Partitions persisted, in order and with back-pressure, beside the owner or in a process that is no node. Thread-safe.</summary>
/// <param name="journal">The query; it may leave out entries that were deleted, so read from behind the baseline.</param>
/// <param name="materializer">Runs what is read here to its end; not needed by <see cref="Read"/>.</param>
public class JournalReader(ICurrentEventsByPersistenceIdQuery journal, IMaterializer materializer)
{
    /// <summary>The name that a Partition's entries are persisted under: its number in digits.</summary>
    public static string PersistenceIdOf(int partition) => partition.ToString(CultureInfo.InvariantCulture);

    /// <summary>A Partition's entries that are there now, each following the one before; a block is checked by who opens it.</summary>
    /// <remarks>Fails with a <see cref="StoredFormatException"/> where one does not read or is missing, the first and the last asked for included.</remarks>
    /// <param name="partition">The Partition.</param>
    /// <param name="fromSequenceNr">The first number to read, above the baseline; 1 and up.</param>
    /// <param name="toSequenceNr">The last number to read, which is known to be persisted; or <see cref="long.MaxValue"/> for all that are there.</param>
    public Source<PersistedEntry, NotUsed> Read(int partition, long fromSequenceNr, long toSequenceNr) =>
        fromSequenceNr > toSequenceNr
            ? Source.Empty<PersistedEntry>()
            : journal.CurrentEventsByPersistenceId(PersistenceIdOf(partition), fromSequenceNr, toSequenceNr)
                .Via(new EntrySequence(partition, fromSequenceNr, toSequenceNr));

    /// <summary>The entries behind a number, which is not below the baseline, for <c>await foreach</c>; ending it early ends the query.</summary>
    /// <exception cref="StoredFormatException">A number is missing, or an entry does not read.</exception>
    public IAsyncEnumerable<PersistedEntry> ReadEntriesAsync(int partition, long afterSequenceNr, CancellationToken cancellationToken) =>
        EnumerateAsync(Read(partition, afterSequenceNr + 1, long.MaxValue), cancellationToken);

    /// <summary>The entries behind a number, which is not below the baseline, through another, which is known to be persisted or <see cref="long.MaxValue"/>.</summary>
    /// <exception cref="StoredFormatException">A number is missing, or an entry does not read.</exception>
    public IAsyncEnumerable<PersistedEntry> ReadEntriesAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken) =>
        EnumerateAsync(Read(partition, afterSequenceNr + 1, throughSequenceNr), cancellationToken);

    /// <summary>The blocks among the entries, as <see cref="ReadEntriesAsync(int, long, CancellationToken)"/> gives them.</summary>
    /// <exception cref="StoredFormatException">A number is missing, or an entry does not read.</exception>
    public async IAsyncEnumerable<PersistedBlock> ReadAsync(int partition, long afterSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (PersistedEntry entry in ReadEntriesAsync(partition, afterSequenceNr, cancellationToken))
        {
            if (entry.Entry is Block block)
            {
                yield return new PersistedBlock(partition, entry.SequenceNr, block);
            }
        }
    }

    /// <summary>The highest number of a Partition, at least the baseline or a number that was read, found by some forty small queries at the most.</summary>
    /// <remarks>There is no query for it, and numbers have no gaps.</remarks>
    public async Task<long> FindHighestAsync(int partition, long atLeast, CancellationToken cancellationToken)
    {
        long step = 1;
        while (await ExistsAsync(partition, atLeast + step, cancellationToken))
        {
            atLeast += step;
            step *= 2;
        }

        for (step /= 2; step > 0; step /= 2)
        {
            atLeast += await ExistsAsync(partition, atLeast + step, cancellationToken) ? step : 0;
        }

        return atLeast;
    }

    /// <summary>The lowest number of a Partition in a range that is not deleted: for one, where an earlier owner's deleting ended.</summary>
    /// <returns>The number, or <paramref name="throughSequenceNr"/> where all before it are missing.</returns>
    public async Task<long> FindLowestAsync(int partition, long fromSequenceNr, long throughSequenceNr, CancellationToken cancellationToken) =>
        await FirstAsync(partition, fromSequenceNr, throughSequenceNr, cancellationToken) ?? throughSequenceNr;

    /// <summary>One entry of a Partition, or null where there is none of that number.</summary>
    /// <exception cref="StoredFormatException">The entry does not read.</exception>
    public async Task<PersistedEntry?> FindAsync(int partition, long sequenceNr, CancellationToken cancellationToken)
    {
        Source<PersistedEntry, NotUsed> entries = journal.CurrentEventsByPersistenceId(PersistenceIdOf(partition), sequenceNr, sequenceNr)
            .Via(new EntrySequence(partition, sequenceNr, long.MaxValue));
        await foreach (PersistedEntry entry in EnumerateAsync(entries, cancellationToken))
        {
            return entry;
        }

        return null;
    }

    private async Task<bool> ExistsAsync(int partition, long sequenceNr, CancellationToken cancellationToken)
    {
        try
        {
            return await FirstAsync(partition, sequenceNr, sequenceNr, cancellationToken) is not null;
        }
        catch (Exception e) when (JournalFault.IsOfAnEntry(e))
        {
            // It does not read, but is there.
            return true;
        }
    }

    private async Task<long?> FirstAsync(int partition, long fromSequenceNr, long throughSequenceNr, CancellationToken cancellationToken)
    {
        Source<EventEnvelope, NotUsed> entries = journal.CurrentEventsByPersistenceId(PersistenceIdOf(partition), fromSequenceNr, throughSequenceNr);
        await foreach (EventEnvelope entry in EnumerateAsync(entries, cancellationToken))
        {
            return entry.SequenceNr;
        }

        return null;
    }

    /// <summary>Runs a source, to be read with <c>await foreach</c>; the simulation runs it on its own thread.</summary>
    protected virtual async IAsyncEnumerable<T> EnumerateAsync<T>(Source<T, NotUsed> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (T element in source.RunAsAsyncEnumerable(materializer).WithCancellation(cancellationToken))
        {
            yield return element;
        }
    }
}

/// <summary>Passes a Partition's entries on while their numbers follow each other without a gap, from the first that was asked for to the last.</summary>
/// <remarks>Fails with a <see cref="StoredFormatException"/> that names the place where they do not, or where one does not read.</remarks>
internal sealed class EntrySequence(int partition, long fromSequenceNr, long toSequenceNr) : GraphStage<FlowShape<EventEnvelope, PersistedEntry>>
{
    private readonly Inlet<EventEnvelope> _in = new("entries.in");
    private readonly Outlet<PersistedEntry> _out = new("entries.out");

    public override FlowShape<EventEnvelope, PersistedEntry> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, partition, fromSequenceNr, toSequenceNr);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly EntrySequence _stage;
        private readonly int _partition;
        private readonly long _to;
        private long _last;

        public Logic(EntrySequence stage, int partition, long from, long to)
            : base(stage.Shape)
        {
            _stage = stage;
            _partition = partition;
            _last = from - 1;
            _to = to;
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void OnPush()
        {
            EventEnvelope envelope = Grab(_stage._in);
            if (envelope.SequenceNr != _last + 1)
            {
                FailStage(JournalFault.Gap(_partition, _last, envelope.SequenceNr));
                return;
            }

            _last = envelope.SequenceNr;
            switch (envelope.Event)
            {
                case UnreadableEntry unreadable:
                    FailStage(JournalFault.Damaged(_partition, _last, unreadable.Fault));
                    break;
                case IJournalEntry entry:
                    Push(_stage._out, new PersistedEntry(_partition, _last, entry));
                    break;
                default:
                    FailStage(JournalFault.Damaged(_partition, _last, new InvalidDataException($"its entry is a {envelope.Event.GetType()}")));
                    break;
            }
        }

        public override void OnPull() => Pull(_stage._in);

        public override void OnUpstreamFinish()
        {
            if (_to != long.MaxValue && _last < _to)
            {
                FailStage(JournalFault.Short(_partition, _last, _to));
            }
            else
            {
                CompleteStage();
            }
        }

        public override void OnUpstreamFailure(Exception e) => FailStage(JournalFault.IsOfAnEntry(e) ? JournalFault.DamagedBehind(_partition, _last, e) : e);
    }
}
