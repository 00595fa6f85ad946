using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Scheduling;

/// <summary>
/// Writes for many writers at once: takes all that has arrived, writes it in one call, and tells each writer. A call
/// that fails is repeated until it works, so it must be one that may be repeated. It never waits to fill a group.
/// </summary>
/// <remarks>
/// Where a group keeps failing, its requests are written one by one: those that work are done, and those that do not,
/// while others do, are repeated by themselves, so that what one of them holds does not hold up the rest.
/// </remarks>
/// <typeparam name="T">What is written.</typeparam>
public sealed class GroupWriter<T>
{
    private const int FailuresBeforeApart = 3;

    private readonly Channel<Request> _requests;
    private readonly Func<IReadOnlyList<T>, CancellationToken, ValueTask<IReadOnlyList<int>>> _write;
    private readonly GroupWriterOptions _options;
    private readonly ILogger _logger;
    private readonly List<Request> _group = [];
    private readonly List<T> _items = [];
    private readonly List<Task> _apart = [];

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

    /// <summary>The last failure's message while something fails, else null.</summary>
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
        try
        {
            while (await _requests.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                await WriteArrivedAsync(cancellationToken).ConfigureAwait(false);
                _apart.RemoveAll(task => task.IsCompleted);
            }
        }
        finally
        {
            foreach (Request request in _group)
            {
                request.Done.TrySetCanceled(CancellationToken.None);
            }

            await Task.WhenAll(_apart).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask WriteArrivedAsync(CancellationToken cancellationToken)
    {
        for (int failures = 0; ;)
        {
            TakeArrived();
            try
            {
                await WriteAllAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                await BearFailureAsync(++failures, e, cancellationToken).ConfigureAwait(false);
            }

            if (failures >= FailuresBeforeApart && _group.Count > 1 && await TryApartAsync(cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private void TakeArrived()
    {
        while (_items.Count < _options.MaxItems && _requests.Reader.TryRead(out Request? request))
        {
            _group.Add(request);
            _items.AddRange(request.Items);
        }
    }

    private async ValueTask WriteAllAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<int> stale = await WriteOnceAsync(_items, cancellationToken).ConfigureAwait(false);
        Failing = null;
        foreach (Request request in _group)
        {
            request.Done.TrySetResult(stale);
        }

        _group.Clear();
        _items.Clear();
    }

    /// <summary>Writes the group's requests one by one.</summary>
    /// <returns>Whether some worked, so that the rest was set apart; where none did, the fault is not in what is written.</returns>
    private async ValueTask<bool> TryApartAsync(CancellationToken cancellationToken)
    {
        var failed = new List<Request>();
        int worked = 0;
        foreach (Request request in _group)
        {
            try
            {
                request.Done.TrySetResult(await WriteOnceAsync(request.Items, cancellationToken).ConfigureAwait(false));
                worked++;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Failing = e.Message;
                failed.Add(request);
            }
        }

        _group.Clear();
        _items.Clear();
        if (worked > 0)
        {
            _apart.AddRange(failed.Select(request => RepeatAsync(request, cancellationToken)));
            return true;
        }

        _group.AddRange(failed);
        _items.AddRange(failed.SelectMany(request => request.Items));
        return false;
    }

    private async Task RepeatAsync(Request request, CancellationToken cancellationToken)
    {
        for (int failures = FailuresBeforeApart; ; failures++)
        {
            try
            {
                request.Done.TrySetResult(await WriteOnceAsync(request.Items, cancellationToken).ConfigureAwait(false));
                Failing = null;
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                await BearFailureAsync(failures, e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<IReadOnlyList<int>> WriteOnceAsync(IReadOnlyList<T> items, CancellationToken cancellationToken)
    {
        long start = _options.Time.GetTimestamp();
        IReadOnlyList<int> stale = await _write(items, cancellationToken).ConfigureAwait(false);
        _options.Observe?.Invoke(_options.Time.GetElapsedTime(start), items.Count);
        return stale;
    }

    private async ValueTask BearFailureAsync(int failures, Exception e, CancellationToken cancellationToken)
    {
        Failing = e.Message;
        TimeSpan wait = _options.Backoff.After(failures);
        SchedulingLog.WriteFailed(_logger, _options.Name, failures, wait, e.Message);
        await Task.Delay(wait, _options.Time, cancellationToken).ConfigureAwait(false);
    }

    private sealed record Request(IReadOnlyList<T> Items, TaskCompletionSource<IReadOnlyList<int>> Done);
}
