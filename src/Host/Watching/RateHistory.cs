namespace DataLoad.Host.Watching;

/// <summary>The node's rates of the last minutes, so that a page just opened shows what was before it. Of a fixed size; thread-safe.</summary>
internal sealed class RateHistory : IDisposable
{
    private readonly Lock _lock = new();
    private readonly RatePoint[] _ring;
    private readonly EngineTallies _tallies;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _taken;

    /// <param name="tallies">Knows the rates as they are.</param>
    /// <param name="time">When it is.</param>
    /// <param name="interval">How often they are taken.</param>
    /// <param name="length">How long they are kept; none are where it is zero.</param>
    public RateHistory(EngineTallies tallies, TimeProvider time, TimeSpan interval, TimeSpan length)
    {
        (_tallies, _time, Interval) = (tallies, time, interval > Shortest ? interval : Shortest);
        _ring = new RatePoint[(int)(length / Interval)];
        _timer = time.CreateTimer(_ => Take(), state: null, Interval, Interval);
    }

    /// <summary>How often rates are taken at the most: a chart of minutes shows no more.</summary>
    private static TimeSpan Shortest => TimeSpan.FromSeconds(1);

    public TimeSpan Interval { get; }

    /// <summary>What is kept, the oldest first.</summary>
    public IReadOnlyList<RatePoint> Points
    {
        get
        {
            lock (_lock)
            {
                int count = (int)Math.Min(_taken, _ring.Length);
                return [.. Enumerable.Range(0, count).Select(place => _ring[(_taken - count + place) % _ring.Length])];
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Take()
    {
        double[] rates = _tallies.Rates(stream: null);
        lock (_lock)
        {
            if (_ring.Length > 0)
            {
                _ring[_taken++ % _ring.Length] = new RatePoint(_time.GetUtcNow().ToUnixTimeMilliseconds(), rates[(int)TallyKind.Events],
                    rates[(int)TallyKind.Duplicates], rates[(int)TallyKind.DeadLetters]);
            }
        }
    }
}

/// <summary>Rates a second at a point of time.</summary>
internal readonly record struct RatePoint(long At, double Events, double Duplicates, double DeadLetters);
