using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
namespace DataLoad.Engine.Journaling;
internal sealed class JournalFold(CountingPlan plan, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots)
{
    public Task<Dictionary<CounterId, Counter>> RunAsync(int partition, StatisticsFilter filter, Func<CounterId, long>? limitOf, CancellationToken cancellationToken) => throw new NotSupportedException(plan.ToString() + journal + positions + snapshots);
}
internal sealed class BaselineFold(CountingPlan plan, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots)
{
    public Task<BaselinePlan?> PlanAsync(int partition, long epoch, long beforeMs, long through, CancellationToken cancellationToken) => throw new NotSupportedException(plan.ToString() + journal + positions + snapshots);
}
internal sealed record BaselinePlan(long SequenceNr, IReadOnlyList<SnapshotWrite> States);
