using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using DataLoad.Engine.Metrics;

namespace DataLoad.Host.Watching;

/// <summary>Sums the engine's counters by stream, as they are added a batch at a time, so that watching costs events nothing; and gives their rates
/// over the last seconds.</summary>
internal sealed class EngineTallies : IDisposable
{
    private const int Samples = 6;

    private readonly MeterListener _listener = new();
    private readonly FrozenDictionary<string, StreamTally> _streams;
    private readonly TimeProvider _time;
    private readonly Queue<(long At, FrozenDictionary<string, long[]> Counts)> _samples = new();
    private readonly Lock _lock = new();
    private readonly ITimer _timer;

    public EngineTallies(EngineMetrics metrics, Catalog catalog, TimeProvider time, TimeSpan interval)
    {
        _time = time;
        _streams = catalog.Streams.ToFrozenDictionary(stream => stream.Name, _ => new StreamTally(), StringComparer.Ordinal);
        FrozenDictionary<Instrument, TallyKind> kinds = new Dictionary<Instrument, TallyKind>
        {
            [metrics.Deliveries] = TallyKind.Deliveries,
            [metrics.Events] = TallyKind.Events,
            [metrics.Duplicates] = TallyKind.Duplicates,
            [metrics.Unidentified] = TallyKind.Unidentified,
            [metrics.Retries] = TallyKind.Retries,
            [metrics.Parked] = TallyKind.Parked,
            [metrics.DeadLetters] = TallyKind.DeadLetters,
        }.ToFrozenDictionary();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (kinds.TryGetValue(instrument, out TallyKind kind))
            {
                listener.EnableMeasurementEvents(instrument, kind);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, kind) => Add((TallyKind)kind!, value, tags));
        _listener.Start();
        Sample();
        _timer = time.CreateTimer(_ => Sample(), state: null, interval, interval);
    }

    public StreamTally Of(string stream) => _streams[stream];

    /// <summary>A stream's counts by <see cref="TallyKind"/>, or those of all.</summary>
    public long[] Counts(string? stream)
    {
        if (stream is not null)
        {
            return _streams[stream].Read();
        }

        long[][] all = [.. _streams.Values.Select(tally => tally.Read())];
        return [.. Enumerable.Range(0, (int)TallyKind.Count).Select(kind => all.Sum(counts => counts[kind]))];
    }

    /// <summary>A stream's counts a second over the last seconds, or those of all.</summary>
    public double[] Rates(string? stream)
    {
        lock (_lock)
        {
            (long oldest, FrozenDictionary<string, long[]> before) = _samples.Peek();
            (long newest, FrozenDictionary<string, long[]> now) = _samples.Last();
            double seconds = _time.GetElapsedTime(oldest, newest).TotalSeconds;
            double[] rates = new double[(int)TallyKind.Count];
            foreach (string name in stream is null ? _streams.Keys : [stream])
            {
                for (int i = 0; i < rates.Length && seconds > 0; i++)
                {
                    rates[i] += Math.Round((now[name][i] - before[name][i]) / seconds, 2);
                }
            }

            return rates;
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _listener.Dispose();
    }

    private void Sample()
    {
        var counts = _streams.ToFrozenDictionary(stream => stream.Key, stream => stream.Value.Read(), StringComparer.Ordinal);
        lock (_lock)
        {
            _samples.Enqueue((_time.GetTimestamp(), counts));
            if (_samples.Count > Samples)
            {
                _samples.Dequeue();
            }
        }
    }

    private void Add(TallyKind kind, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StreamTally? tally = null;
        string? reason = null;
        foreach ((string key, object? tag) in tags)
        {
            if (tag is string name && string.Equals(key, EngineMetrics.StreamTag, StringComparison.Ordinal))
            {
                _streams.TryGetValue(name, out tally);
            }
            else if (string.Equals(key, EngineMetrics.ReasonTag, StringComparison.Ordinal))
            {
                reason = tag as string;
            }
        }

        tally?.Add(kind, value);
        if (tally is not null && reason is not null)
        {
            tally.Reasons.AddOrUpdate(reason, static (_, added) => added, static (_, old, added) => old + added, value);
        }
    }
}

/// <summary>What was counted of one stream since the node started. Thread-safe.</summary>
internal sealed class StreamTally
{
    private readonly long[] _counts = new long[(int)TallyKind.Count];

    /// <summary>Dead letters by reason.</summary>
    public ConcurrentDictionary<string, long> Reasons { get; } = new(StringComparer.Ordinal);

    public void Add(TallyKind kind, long value) => Interlocked.Add(ref _counts[(int)kind], value);

    /// <summary>The counts by <see cref="TallyKind"/>.</summary>
    public long[] Read() => [.. Enumerable.Range(0, _counts.Length).Select(kind => Interlocked.Read(ref _counts[kind]))];
}

/// <summary>What is counted of a stream, the events without identity and the lookups that are tried again among it; and last how many kinds there
/// are.</summary>
internal enum TallyKind { Deliveries = 0, Events, Duplicates, Unidentified, Retries, Parked, DeadLetters, Count }
