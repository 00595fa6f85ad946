using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Sharding;

/// <summary>When flush, checkpoint and passivation are due, and what the shard says of itself.</summary>
internal sealed partial class Shard
{
    private const int AccountEveryBlocks = 64;

    private readonly int[] _duplicates = new int[256];
    private readonly int[] _unidentified = new int[256];
    private bool _keepNow;
    private int _replayedBlocks;
    private int _damaged;

    /// <summary>Whether memory must be freed before more is taken in, and can be: something is under way that will be let go once it is kept.</summary>
    private bool IsPressed => IsOverShare && (_commit is not null || !_open.IsEmpty
        || _checkpointTarget >= 0 || _state.AppliedSequenceNr > _checkpointed || _state.SnapshotList.Count > 0 || _state.KeyList.Count > 0);

    /// <summary>Whether the budget is passed and this shard holds a good part of its share.</summary>
    private bool IsOverShare => _context.Budget.OverBytes > 0
        && _state.ResidentBytes > _context.Budget.LimitBytes / _context.Settings.Shards / 2;

    /// <summary>Whether all that was applied is flushed and checkpointed.</summary>
    private bool IsKept => _flush is null && _save is null && _checkpointTarget < 0
        && _state.FlushList.Count == 0 && _state.SnapshotList.Count == 0 && _checkpointed >= _state.AppliedSequenceNr;

    private bool StartUpkeep(CancellationToken cancellationToken)
    {
        if (HasCommands)
        {
            return false;
        }

        if (_context.Budget.OverBytes > 0)
        {
            // A shard that has nothing to write must give way, too.
            _state.Passivate(ShareOfExcess());
        }

        StartTrim(cancellationToken);
        bool started = StartFlush(cancellationToken);
        return StartSave(cancellationToken) || started;
    }

    private async ValueTask<bool> FinishUpkeepAsync()
    {
        bool finished = false;
        if (_flush is { IsCompleted: true })
        {
            RequireFresh(await _flush.ConfigureAwait(false));
            _flush = null;
            FinishFlush();
            finished = true;
        }

        if (_save is { IsCompleted: true })
        {
            RequireFresh(await _save.ConfigureAwait(false));
            _save = null;
            FinishSave();
            finished = true;
        }

        if (_trim is { IsCompleted: true })
        {
            RequireFresh(await _trim.ConfigureAwait(false));
            _trim = null;
        }

        return finished;
    }

    /// <summary>Flushes and checkpoints all that was applied, and returns when it is done.</summary>
    private async ValueTask KeepAllAsync(CancellationToken cancellationToken)
    {
        _keepNow = true;
        try
        {
            while (!IsKept)
            {
                bool progress = await FinishUpkeepAsync().ConfigureAwait(false);
                progress |= StartFlush(cancellationToken);
                progress |= StartSave(cancellationToken);
                if (!progress)
                {
                    Task[] writing = [.. new Task?[] { _flush, _save, _mergeLoad }.OfType<Task>()];
                    await Task.WhenAny(writing).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _keepNow = false;
        }
    }

    private void AccountAll()
    {
        foreach (CounterSlot slot in _state.FlushList)
        {
            _state.Account(slot);
        }

        foreach (KeyChunk chunk in _state.KeyList)
        {
            _state.Account(chunk);
        }

        _state.AccountHashes();
    }

    /// <summary>This shard's part of what is over the budget, and a tenth more so that it need not be looked for every time.</summary>
    private long ShareOfExcess()
    {
        long over = _context.Budget.OverBytes;
        return over <= 0 ? 0 : (long)((double)over / _context.Budget.UsedBytes * _state.ResidentBytes) + (_state.ResidentBytes / 10);
    }

    private void CountOddities()
    {
        foreach (Contract.StreamDefinition stream in _context.Plan.Catalog.Streams.AsSpan())
        {
            if (_duplicates[stream.Id] > 0)
            {
                _context.Metrics.Duplicates.Add(_duplicates[stream.Id], StreamTag(stream.Id));
                _duplicates[stream.Id] = 0;
            }

            if (_unidentified[stream.Id] > 0)
            {
                _context.Metrics.Unidentified.Add(_unidentified[stream.Id], StreamTag(stream.Id));
                _unidentified[stream.Id] = 0;
            }
        }
    }

    private void ReportDamage(CounterSlot slot)
    {
        if (slot.Damage is not null && !slot.IsDamageReported)
        {
            slot.IsDamageReported = true;
            _damaged++;
            ShardingLog.CounterDamaged(_context.Logger, _lease.Shard, slot.Damage);
        }
    }

    private void Report() => Status = new ShardStatus
    {
        Shard = _lease.Shard,
        Epoch = _lease.Epoch,
        SequenceNr = _state.AppliedSequenceNr,
        CheckpointSequenceNr = _checkpointed,
        Counters = _state.CounterCount,
        ResidentBytes = _state.ResidentBytes,
        Unflushed = _state.FlushList.Count,
        Damaged = _damaged,
    };
}
