namespace DataLoad.Host.Api;

/// <summary>Adds up what nodes tell of themselves to what is so of all.</summary>
internal static class LiveSum
{
    /// <summary>What another node told, with what it tells now laid over it: a stream that is left out is as it was.</summary>
    public static LiveUpdate Merge(LiveUpdate? before, LiveUpdate now)
    {
        if (before is null)
        {
            return now;
        }

        var streams = new Dictionary<string, LiveUpdate.LiveStream>(before.Streams, StringComparer.Ordinal);
        foreach ((string name, LiveUpdate.LiveStream stream) in now.Streams)
        {
            streams[name] = stream;
        }

        return now with { Streams = streams };
    }

    /// <summary>All nodes together, and each by its id. State, readiness and the day are this node's; what waits in a queue or in the store is there but once,
    /// whoever says so.</summary>
    public static LiveUpdate Of(string self, LiveUpdate own, IReadOnlyDictionary<string, LiveUpdate> others)
    {
        LiveUpdate[] all = [own, .. others.Values];
        return own with
        {
            Rates = all.Select(one => one.Rates).Aggregate(Add),
            Totals = all.Select(one => one.Totals).Aggregate(Add),
            Lag = all.Max(one => one.Lag),
            LagLastKnown = all.Any(one => one.Lag is not null) ? null : all.Select(one => one.LagLastKnown).Aggregate(Later),
            Parked = all.Max(one => one.Parked),
            DeadLetters = all.Max(one => one.DeadLetters),
            DeadLettersLastKnown = all.Any(one => one.DeadLetters is not null) ? null : all.Select(one => one.DeadLettersLastKnown).Aggregate(Later),
            ResidentBytes = all.Sum(one => one.ResidentBytes),
            Streams = own.Streams.ToDictionary(
                stream => stream.Key,
                stream => others.Values.Select(other => other.Streams.GetValueOrDefault(stream.Key)).OfType<LiveUpdate.LiveStream>()
                    .Aggregate(stream.Value, Add),
                StringComparer.Ordinal),
            Nodes = others.Append(KeyValuePair.Create(self, own)).ToDictionary(node => node.Key, node => NodeOf(node.Value), StringComparer.Ordinal),
        };
    }

    private static LiveUpdate.LiveNode NodeOf(LiveUpdate update) => new(update.State, update.Rates.Events, update.Rates.Deliveries, update.Rates.Duplicates,
        update.Rates.DeadLetters, update.ResidentBytes, update.Streams.Values.Sum(stream => stream.Unacknowledged));

    private static Rates Add(Rates one, Rates other) => new(
        Add(one.Deliveries, other.Deliveries), Add(one.Events, other.Events), Add(one.Duplicates, other.Duplicates), Add(one.Retries, other.Retries),
        Add(one.Parked, other.Parked), Add(one.DeadLetters, other.DeadLetters));

    private static Tallies Add(Tallies one, Tallies other) => new(
        one.Deliveries + other.Deliveries, one.Events + other.Events, one.Duplicates + other.Duplicates, one.Unidentified + other.Unidentified,
        one.Retries + other.Retries, one.Parked + other.Parked, one.DeadLetters + other.DeadLetters);

    private static LiveUpdate.LiveStream Add(LiveUpdate.LiveStream one, LiveUpdate.LiveStream other) => new(
        other.State is "failing" ? other.State : one.State, Add(one.Events, other.Events), Add(one.Deliveries, other.Deliveries),
        Add(one.Duplicates, other.Duplicates), Add(one.DeadLetters, other.DeadLetters), one.Lag is null || other.Lag > one.Lag ? other.Lag : one.Lag,
        one.Unacknowledged + other.Unacknowledged)
    {
        LagLastKnown = one.Lag is not null || other.Lag is not null ? null : Later(one.LagLastKnown, other.LagLastKnown),
    };

    private static LastKnown? Later(LastKnown? one, LastKnown? other) => one is null || other?.At > one.At ? other : one;

    private static double Add(double one, double other) => Math.Round(one + other, 2);
}
