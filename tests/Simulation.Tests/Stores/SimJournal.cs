using DataLoad.Engine.Journaling;

namespace DataLoad.Simulation.Stores;

/// <summary>The journal over the wire.</summary>
internal sealed class SimJournal(IJournal journal, StoreWire wire, IStoreWatch watch) : IJournal
{
    public ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken)
    {
        JournalBlock[] sent = [.. blocks.Select(block => block with { Bytes = block.Bytes.ToArray() })];
        return wire.WriteAsync(
            "Journal.Append",
            sent.Length,
            async parts =>
            {
                JournalBlock[] applied = sent[..parts];
                IReadOnlyList<int> stale = await journal.AppendAsync(applied, CancellationToken.None);
                watch.OnAppended(applied, stale);
                return stale;
            },
            cancellationToken);
    }

    public IAsyncEnumerable<JournalBlock> ReadAsync(int shard, long afterSequenceNr, CancellationToken cancellationToken) => journal.ReadAsync(shard, afterSequenceNr, cancellationToken);

    public ValueTask<long> LastSequenceNrAsync(int shard, CancellationToken cancellationToken) => journal.LastSequenceNrAsync(shard, cancellationToken);

    public ValueTask<bool> TrimAsync(int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken)
    {
        SnapshotWrite[] sent = [.. baseline];
        return wire.WriteAsync(
            "Journal.Trim",
            async () =>
            {
                bool admitted = await journal.TrimAsync(shard, epoch, throughSequenceNr, sent, CancellationToken.None);
                watch.OnTrimmed(shard, epoch, throughSequenceNr, admitted);
                return admitted;
            },
            cancellationToken);
    }
}
