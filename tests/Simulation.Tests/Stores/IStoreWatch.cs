using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Statistics;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>Told what the store is asked to write, just before and just after it has.</summary>
internal interface IStoreWatch
{
    void OnEpoch(int partition, long epoch, bool admitted);

    void OnSaved(IReadOnlyList<SnapshotWrite> writes, IReadOnlyList<int> stale);

    void OnCheckpoint(int partition, long epoch, long sequenceNr, bool admitted);

    void OnBaseline(int partition, long epoch, long sequenceNr, bool admitted);

    void OnFlushing(StatisticsTable table, IReadOnlyList<StatisticsRow> rows);

    void OnFlushed(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, IReadOnlyList<int> stale);

    void OnParked(IReadOnlyList<ParkedDelivery> deliveries);

    void OnUnparking(IReadOnlyList<Guid> ids);
}
