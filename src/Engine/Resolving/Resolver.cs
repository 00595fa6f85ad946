using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Resolving;

/// <summary>Looks up the rows of one stream's messages, a round trip for each step and batch. A query that fails is repeated until it works, which pauses the
/// stream and nothing else. Used by one loop at a time.</summary>
public sealed class Resolver
{
    private readonly StreamDefinition _stream;
    private readonly ILookup _lookup;
    private readonly ResolverOptions _options;
    private readonly ILogger _logger;
    private readonly LookupRows[] _rows;

    // For each step the slot of the message, or the column of the step before, that its key is taken from.
    private readonly int[] _keyPlaces;
    private readonly HashSet<int> _distinct = [];
    private readonly KeyValuePair<string, object?> _tag;
    private int[] _keys = new int[256];

    /// <summary>Makes a stream's resolver.</summary>
    public Resolver(StreamDefinition stream, ILookup lookup, ResolverOptions options, ILogger logger)
    {
        _stream = stream;
        _lookup = lookup;
        _options = options;
        _logger = logger;
        _rows = [.. stream.Lookups.Select(step => new LookupRows(step))];
        _keyPlaces = [.. stream.Lookups.Select((step, i) => step.Key.Source switch
        {
            LookupKeySource.Message => stream.SlotOf(step.Key.Name),
            LookupKeySource.Data => stream.Lookups[i - 1].IndexOf("data"),
            _ => stream.Lookups[i - 1].IndexOf(step.Key.Name),
        })];
        _tag = new(EngineMetrics.StreamTag, stream.Name);
    }

    /// <summary>The last failure's message while a query is failing, else null.</summary>
    public string? Failing { get; private set; }

    /// <summary>The rows of a step, valid until the next batch.</summary>
    public LookupRows Rows(int step) => _rows[step];

    /// <summary>Looks up the rows of all candidates that are ready. Afterwards each is still ready, with its rows known, or misses a row, or is rejected
    /// since a row gives no key of the next.</summary>
    public async ValueTask LookUpAsync(IReadOnlyList<Candidate> batch, CancellationToken cancellationToken)
    {
        // A batch that was given up may have left it.
        Failing = null;
        for (int step = 0; step < _stream.Lookups.Length; step++)
        {
            int keys = CollectKeys(batch, step);
            if (keys == 0)
            {
                _rows[step].Clear();
                continue;
            }

            await QueryAsync(step, _keys.AsMemory(0, keys), cancellationToken);
            FindRows(batch, step);
        }
    }

    private int CollectKeys(IReadOnlyList<Candidate> batch, int step)
    {
        _distinct.Clear();
        int count = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            Candidate candidate = batch[i];
            if (candidate.State != CandidateState.Ready || !TryKey(candidate, step, out int key))
            {
                continue;
            }

            candidate.Keys[step] = key;
            if (_distinct.Add(key))
            {
                if (count == _keys.Length)
                {
                    Array.Resize(ref _keys, count * 2);
                }

                _keys[count++] = key;
            }
        }

        return count;
    }

    private bool TryKey(Candidate candidate, int step, out int key)
    {
        LookupKey source = _stream.Lookups[step].Key;
        if (source.Source == LookupKeySource.Message)
        {
            key = (int)candidate.Fields.Integer(_keyPlaces[step]);
            return true;
        }

        LookupRows before = _rows[step - 1];
        int row = candidate.Rows[step - 1];
        int column = _keyPlaces[step];
        string? error = before.Error(row, column) ?? (before.Has(row, column) ? null : $"column {before.Step.Columns[column].Name} is null");
        if (error is null && source.Source == LookupKeySource.Column)
        {
            key = (int)before.Number(row, column);
            return true;
        }

        if (error is null && JsonKey.TryRead(before.Text(row, column), source.Name, out key, out error))
        {
            return true;
        }

        key = 0;
        string lacking = source.Source == LookupKeySource.Data ? $"data gives no {source.Name}: " : "";
        candidate.Reject(new Rejection(RejectReason.BadRow, $"Row {candidate.Keys[step - 1]} of {before.Step.Name}: {lacking}{error}"));
        return false;
    }

    private void FindRows(IReadOnlyList<Candidate> batch, int step)
    {
        LookupRows rows = _rows[step];
        for (int i = 0; i < batch.Count; i++)
        {
            Candidate candidate = batch[i];
            if (candidate.State != CandidateState.Ready)
            {
                continue;
            }

            int row = rows.Find(candidate.Keys[step]);
            if (row < 0)
            {
                candidate.Miss($"{rows.Step.Name} {candidate.Keys[step]}");
            }
            else if (rows.Error(row, LookupRows.WholeRow) is { } error)
            {
                candidate.Reject(new Rejection(RejectReason.BadRow, $"Row {candidate.Keys[step]} of {rows.Step.Name} {error}"));
            }
            else
            {
                candidate.Rows[step] = row;
            }
        }
    }

    private async ValueTask QueryAsync(int step, ReadOnlyMemory<int> keys, CancellationToken cancellationToken)
    {
        LookupRows rows = _rows[step];
        for (int failures = 1; ; failures++)
        {
            try
            {
                long start = _options.Time.GetTimestamp();
                await _lookup.QueryAsync(_options.Queries[step], rows.Step, keys, rows, cancellationToken);
                _options.Metrics.LookupSeconds.Record(_options.Time.GetElapsedTime(start).TotalSeconds, _tag);
                Failing = null;
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Failing = e.Message;
                TimeSpan wait = _options.Backoff.After(failures);
                _options.Metrics.LookupFailures.Add(1, _tag);
                ResolvingLog.QueryFailed(_logger, _stream.Name, rows.Step.Name, failures, wait, e.Message);

                // Waited for apart from the delay: one that is cancelled itself goes on in the thread pool, wherever its caller runs.
                await Task.Delay(wait, _options.Time, CancellationToken.None).WaitAsync(cancellationToken);
            }
        }
    }
}

/// <summary>What a <see cref="Resolver"/> works with.</summary>
public sealed record ResolverOptions
{
    /// <summary>The query of each of the stream's steps, in order.</summary>
    public required IReadOnlyList<string> Queries { get; init; }

    /// <summary>The waits between tries of a query that fails.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>Told of latencies and failures.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }
}

/// <summary>Log messages 3000 to 3099.</summary>
internal static partial class ResolvingLog
{
    [LoggerMessage(3000, LogLevel.Warning, "Stream {Stream} is paused: query {Query} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void QueryFailed(ILogger logger, string stream, string query, int failures, TimeSpan wait, string error);
}
