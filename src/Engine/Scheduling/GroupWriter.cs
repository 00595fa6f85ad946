using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Scheduling;

/// <summary>
/// Writes for many writers at once: takes all that has arrived, writes it in one call, and tells each writer. A call
/// that fails is repeated as it was until it works, so the call must be one that may be repeated. It never waits to
/// fill a group.
/// </summary>
/// <typeparam name="T">What is written.</typeparam>
public sealed class GroupWriter<T>
{
    private readonly Channel<Request> _requests;
    private readonly Func<IReadOnlyList<T>, CancellationToken, ValueTask<IReadOnlyList<int>>> _write;
    private readonly GroupWriterOptions _options;
    private readonly ILogger _logger;

    /// <summary>Makes a writer; <see cref="RunAsync"/> runs it.</summary>
    /// <param name="options">Its bounds and its name.</param>
    /// <param name="write">Writes a group and returns the shards that were stale.</param>
    /// <param name="logger">Told of failures.</param>
    public GroupWriter(
        GroupWriterOptions options,
        Func<IReadOnlyList<T>, CancellationToken, ValueTask<IReadOnlyList<int>>> write,
        ILogger logger)
    {
        _options = options;
        _write = write;
        _logger = logger;
        _requests = Channel.CreateBounded<Request>(new BoundedChannelOptions(options.Capacity) { SingleReader = true });
    }

    /// <summary>The last failure's message while the writer is failing, else null.</summary>
    public string? Failing { get; private set; }

    /// <summary>Writes items and returns, when that is durable, the shards that were stale.</summary>
    public async Task<IReadOnlyList<int>> WriteAsync(IReadOnlyList<T> items, CancellationToken cancellationToken)
    {
        var request = new Request(items, new TaskCompletionSource<IReadOnlyList<int>>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _requests.Writer.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        return await request.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var group = new List<Request>();
        var items = new List<T>();
        try
        {
            while (await _requests.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (items.Count < _options.MaxItems && _requests.Reader.TryRead(out Request? request))
                {
                    group.Add(request);
                    items.AddRange(request.Items);
                }

                IReadOnlyList<int> stale = await WriteUntilDoneAsync(items, cancellationToken).ConfigureAwait(false);
                foreach (Request request in group)
                {
                    request.Done.TrySetResult(stale);
                }

                group.Clear();
                items.Clear();
            }
        }
        finally
        {
            foreach (Request request in group)
            {
                request.Done.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async ValueTask<IReadOnlyList<int>> WriteUntilDoneAsync(List<T> items, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                long start = _options.Time.GetTimestamp();
                IReadOnlyList<int> stale = await _write(items, cancellationToken).ConfigureAwait(false);
                _options.Observe?.Invoke(_options.Time.GetElapsedTime(start), items.Count);
                Failing = null;
                return stale;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Failing = e.Message;
                TimeSpan wait = _options.Backoff.After(failures);
                SchedulingLog.WriteFailed(_logger, _options.Name, failures, wait, e.Message);
                await Task.Delay(wait, _options.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private sealed record Request(IReadOnlyList<T> Items, TaskCompletionSource<IReadOnlyList<int>> Done);
}
