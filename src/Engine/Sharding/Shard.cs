using System.Threading.Channels;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// The actor that owns a fixed fraction of all Topics: a bounded mailbox and one loop. It takes batches of resolved
/// events, drops duplicates, gives the rest their SequenceNr, has them journaled, applies them, and tells the
/// batches' sinks. This part is the loop; the others are accepting, upkeep and recovery.
/// </summary>
internal sealed partial class Shard
{
    private readonly ShardContext _context;
    private readonly ShardLease _lease;
    private readonly Channel<ShardBatch> _mailbox;
    private readonly Signal _wake = new();
    private readonly BlockReader _reader;
    private readonly Queue<ShardCommand> _commands = new();
    private readonly Lock _commandLock = new();
    private readonly Action<ShardBatch> _recycle;
    private OpenBlock _open = new();
    private OpenBlock _inFlight = new();
    private ShardState _state = null!;
    private Task<IReadOnlyList<int>>? _commit;
    private JournalBlock? _committing;
    private long _nextSequenceNr;
    private volatile bool _stopping;
    private volatile bool _commits;
    private bool _ended;

    /// <summary>Makes a shard's actor; <see cref="RunAsync"/> recovers and runs it.</summary>
    /// <param name="context">What all shards share.</param>
    /// <param name="lease">The right to own the shard.</param>
    /// <param name="recycle">Given each batch when it is done.</param>
    public Shard(ShardContext context, ShardLease lease, Action<ShardBatch> recycle)
    {
        _context = context;
        _lease = lease;
        _recycle = recycle;
        _reader = new BlockReader(context.Plan.Catalog);
        _mailbox = Channel.CreateBounded<ShardBatch>(new BoundedChannelOptions(context.Settings.MailboxCapacity) { SingleReader = true });
    }

    public int Number => _lease.Shard;

    /// <summary>Done when the shard has recovered and takes events.</summary>
    public TaskCompletionSource Recovered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the shard says of itself; written by its loop, read by anyone.</summary>
    public ShardStatus Status { get; private set; } = new();

    /// <summary>Gives the shard a batch; waits while its mailbox is full.</summary>
    public ValueTask PostAsync(ShardBatch batch, CancellationToken cancellationToken)
    {
        if (!_mailbox.Writer.TryWrite(batch))
        {
            return PostToFullAsync(batch, cancellationToken);
        }

        // Whatever arrives while a block commits joins the next one in any case: the commit's end wakes the shard once
        // for all of it. The loop lowers the flag first and looks into the mailbox then.
        Interlocked.MemoryBarrier();
        if (!_commits)
        {
            _wake.Set();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Has the shard run a command when nothing is in flight.</summary>
    public Task ExecuteAsync(ShardCommand command)
    {
        lock (_commandLock)
        {
            if (_ended)
            {
                command.Done.TrySetCanceled();
            }
            else
            {
                _commands.Enqueue(command);
            }
        }

        _wake.Set();
        return command.Done.Task;
    }

    /// <summary>Asks the shard to finish what it has, flush, checkpoint and end.</summary>
    public void Stop()
    {
        _stopping = true;
        _wake.Set();
    }

    /// <summary>Recovers the shard and runs it until it is stopped or cancelled.</summary>
    /// <exception cref="StaleEpochException">Another owner took the shard over.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using ITimer timer = _context.Time.CreateTimer(_ => _wake.Set(), state: null, _context.Settings.FlushInterval, _context.Settings.FlushInterval);
        await using ITimer rest = _rest = _context.Time.CreateTimer(_ => Rest(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var beside = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await RunOwnedAsync(beside.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Recovered.TrySetException(e);
            throw;
        }
        finally
        {
            _mailbox.Writer.TryComplete();
            await EndBesideAsync(beside).ConfigureAwait(false);
            _state?.Release();
            FailCommands();
        }
    }

    /// <summary>Ends what runs beside the loop: nothing of a shard goes on when the shard has ended.</summary>
    private async Task EndBesideAsync(CancellationTokenSource beside)
    {
        await beside.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([.. new Task?[] { _trim, _mergeLoad }.OfType<Task>()]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunOwnedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RecoverAsync(cancellationToken).ConfigureAwait(false);
            Recovered.TrySetResult();
            while (!await StepAsync(cancellationToken).ConfigureAwait(false))
            {
                await _wake.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StoredFormatException) when (!cancellationToken.IsCancellationRequested)
        {
            await RequireOwnedAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Does all that can be done now without waiting for something outside.</summary>
    /// <returns>Whether the shard has ended.</returns>
    private async ValueTask<bool> StepAsync(CancellationToken cancellationToken)
    {
        bool progress = true;
        while (progress)
        {
            progress = await FinishCommitAsync().ConfigureAwait(false);
            progress |= await FinishUpkeepAsync().ConfigureAwait(false);
            progress |= await AcceptArrivedAsync(cancellationToken).ConfigureAwait(false);
            progress |= StartCommit(cancellationToken);
            progress |= await RunCommandsAsync(cancellationToken).ConfigureAwait(false);
            RunLooks();
            progress |= StartUpkeep(cancellationToken);
        }

        Report();
        return _stopping && IsQuiet && IsKept;
    }

    private async ValueTask PostToFullAsync(ShardBatch batch, CancellationToken cancellationToken)
    {
        _wake.Set();
        await _mailbox.Writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        _wake.Set();
    }

    private bool IsQuiet => _commit is null && _open.IsEmpty && _open.Batches.Count == 0 && _mailbox.Reader.Count == 0;

    private bool StartCommit(CancellationToken cancellationToken)
    {
        if (_commit is not null || _open.IsEmpty)
        {
            return false;
        }

        (_open, _inFlight) = (_inFlight, _open);
        BlockWriter writer = _inFlight.Writer;
        _committing = new JournalBlock
        {
            Shard = _lease.Shard,
            Epoch = _lease.Epoch,
            FirstSequenceNr = writer.FirstSequenceNr,
            LastSequenceNr = writer.LastSequenceNr,
            JournaledAtMs = writer.JournaledAtMs,
            Bytes = writer.Finish(),
        };
        _commits = true;
        _commit = WakeAfter(_context.JournalWriter.WriteAsync([_committing], cancellationToken));
        return true;
    }

    private async ValueTask<bool> FinishCommitAsync()
    {
        if (_commit is not { IsCompleted: true })
        {
            return false;
        }

        RequireFresh(await _commit.ConfigureAwait(false));
        _commit = null;
        _commits = false;
        Interlocked.MemoryBarrier();
        ApplyCommitted(_committing!, _inFlight.Identities);
        FlushWhenResting();
        foreach (ShardBatch batch in _inFlight.Batches)
        {
            Finish(batch);
        }

        CountEvents(_inFlight);
        _context.Counted.Show(_committing!);
        _inFlight.Clear();
        return true;
    }

    private void ApplyCommitted(JournalBlock block, ReadOnlySpan<EventId> identities)
    {
        _state.Clock++;
        _reader.WithIdentities = false;
        _reader.Open(block);
        while (_reader.Next())
        {
            // Hashed once already, when the event was made; recovery has only the bytes and computes it anew.
            _reader.Event.Identity = identities[(int)(_reader.SequenceNr - block.FirstSequenceNr)];
            CounterSlot slot = _state.Apply(_reader.Event, _reader.SequenceNr, block.JournaledAtMs);
            ReportDamage(slot);
        }
    }

    private void Finish(ShardBatch batch)
    {
        batch.Sink.Complete(batch.Tags);
        _recycle(batch);
    }

    private void CountEvents(OpenBlock block)
    {
        for (int i = 0; i < block.EventsByStream.Length; i++)
        {
            if (block.EventsByStream[i] > 0)
            {
                _context.Metrics.Events.Add(block.EventsByStream[i], StreamTag(i));
            }
        }
    }

    private KeyValuePair<string, object?> StreamTag(int streamId) =>
        new(Metrics.EngineMetrics.StreamTag, _context.Plan.Catalog.StreamById((byte)streamId)!.Name);

    /// <summary>
    /// Finds out whether the shard is still owned here. Reads are not fenced: what is missing or amiss may have been merged
    /// or trimmed by an owner that took the shard over, and then nothing is damaged. A write that changes nothing tells.
    /// </summary>
    /// <exception cref="StaleEpochException">Another owner took the shard over.</exception>
    private async ValueTask RequireOwnedAsync(CancellationToken cancellationToken) =>
        RequireFresh(await SaveCheckpointAsync(_checkpointed, cancellationToken).ConfigureAwait(false));

    private void RequireFresh(IReadOnlyList<int> stale)
    {
        if (stale.Contains(_lease.Shard) && !Fault.Is(FaultPoint.StaleShardGoesOn))
        {
            throw new StaleEpochException(_lease.Shard, _lease.Epoch);
        }
    }

    private Task<T> WakeAfter<T>(Task<T> task)
    {
        _ = task.ContinueWith(_ => _wake.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }

    private async ValueTask<bool> RunCommandsAsync(CancellationToken cancellationToken)
    {
        if (_commit is not null || !_open.IsEmpty || _flush is not null || _save is not null)
        {
            return false;
        }

        ShardCommand? command;
        lock (_commandLock)
        {
            _commands.TryDequeue(out command);
        }

        if (command is null)
        {
            return false;
        }

        try
        {
            await command.Run(this, cancellationToken).ConfigureAwait(false);
            command.Done.TrySetResult();
        }
        catch (Exception e)
        {
            command.Done.TrySetException(e);
            if (e is StaleEpochException || cancellationToken.IsCancellationRequested)
            {
                throw;
            }
        }

        return true;
    }

    private bool HasCommands
    {
        get
        {
            lock (_commandLock)
            {
                return _commands.Count > 0;
            }
        }
    }

    private void FailCommands()
    {
        lock (_commandLock)
        {
            _ended = true;
            while (_commands.TryDequeue(out ShardCommand? command))
            {
                command.Done.TrySetCanceled();
            }

            FailLooks();
        }
    }
}
