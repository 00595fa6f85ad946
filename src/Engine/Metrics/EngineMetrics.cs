using System.Diagnostics.Metrics;

namespace DataLoad.Engine.Metrics;

/// <summary>What the engine measures of itself, as instruments of the meter <see cref="MeterName"/>. Thread-safe.</summary>
/// <param name="meter">The meter, disposed with this.</param>
public sealed class EngineMetrics(Meter meter) : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "DataLoad";

    /// <summary>The tag that names a stream.</summary>
    public const string StreamTag = "stream";

    /// <summary>The tag that names a reason.</summary>
    public const string ReasonTag = "reason";

    /// <summary>Makes the instruments.</summary>
    public EngineMetrics()
        : this(new Meter(MeterName))
    {
    }

    /// <summary>Deliveries received, by stream.</summary>
    public Counter<long> Deliveries { get; } = meter.CreateCounter<long>("dataload.deliveries", "{delivery}", "Deliveries received from the broker");

    /// <summary>Events counted, by stream.</summary>
    public Counter<long> Events { get; } = meter.CreateCounter<long>("dataload.events", "{event}", "Events journaled and counted");

    /// <summary>Duplicates, by stream.</summary>
    public Counter<long> Duplicates { get; } =
        meter.CreateCounter<long>("dataload.duplicates", "{event}", "Events that had been journaled before and were not counted again");

    /// <summary>Events without identity, by stream.</summary>
    public Counter<long> Unidentified { get; } =
        meter.CreateCounter<long>("dataload.unidentified", "{event}", "Events without an identity, which count at every delivery");

    /// <summary>Lookups that are tried again, by stream.</summary>
    public Counter<long> Retries { get; } = meter.CreateCounter<long>("dataload.retries", "{try}", "Lookups that found no row yet and are tried again");

    /// <summary>Deliveries parked for the first time, by stream.</summary>
    public Counter<long> Parked { get; } = meter.CreateCounter<long>("dataload.parked", "{delivery}", "Deliveries parked for the first time");

    /// <summary>Dead letters, by stream and reason.</summary>
    public Counter<long> DeadLetters { get; } =
        meter.CreateCounter<long>("dataload.dead_letters", "{delivery}", "Deliveries that could not be counted and were dead-lettered");

    /// <summary>Journal latency.</summary>
    public Histogram<double> JournalSeconds { get; } = meter.CreateHistogram<double>("dataload.journal.duration", "s", "Time until a block is persisted");

    /// <summary>Flush latency.</summary>
    public Histogram<double> FlushSeconds { get; } = meter.CreateHistogram<double>("dataload.flush.duration", "s", "Time of a flush to the statistics tables");

    /// <summary>Snapshot latency.</summary>
    public Histogram<double> SnapshotSeconds { get; } = meter.CreateHistogram<double>("dataload.snapshot.duration", "s", "Time of a write of snapshots");

    /// <summary>Lookup latency, by stream.</summary>
    public Histogram<double> LookupSeconds { get; } = meter.CreateHistogram<double>("dataload.lookup.duration", "s", "Time of a business query");

    /// <summary>Connections made.</summary>
    public Counter<long> BrokerConnections { get; } =
        meter.CreateCounter<long>("dataload.broker.connections", "{connection}", "Connections made to the broker");

    /// <summary>Failed business queries, by stream.</summary>
    public Counter<long> LookupFailures { get; } =
        meter.CreateCounter<long>("dataload.lookup.failures", "{query}", "Business queries that failed and were retried");

    /// <summary>Batches of events sent again, by stream.</summary>
    public Counter<long> Resends { get; } = meter.CreateCounter<long>(
        "dataload.resends", "{batch}", "Batches of events that were sent again, since their Partition had not accepted them");

    /// <summary>Adds a counter that is read when it is asked for.</summary>
    public void Count(string name, string unit, string description, Func<long> read) => meter.CreateObservableCounter(name, read, unit, description);

    /// <summary>Adds a gauge that is read when it is asked for.</summary>
    public void Gauge(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> read) =>
        meter.CreateObservableGauge(name, read, unit, description);

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();
}
