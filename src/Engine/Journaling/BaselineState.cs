using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>A Counter's state at the journal's baseline.</summary>
internal static class BaselineState
{
    /// <exception cref="StoredFormatException">The state is damaged; says where, and what to do.</exception>
    public static Counter Decode(int partition, in CounterId id, Page page, Snapshot state)
    {
        try
        {
            return CounterCodec.Decode(id, page, state.Bytes);
        }
        catch (StoredFormatException e)
        {
            throw SnapshotFault.At(partition, SnapshotKind.Baseline, state.SequenceNr, e);
        }
    }
}
