using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Random interleavings of all that can happen to a shard, against a dictionary of when each id is forgotten.</summary>
internal sealed class SeenOracle(int seed)
{
    private static readonly SeenHashesOptions Options = new()
    {
        WindowMs = 1_600,
        PageIds = 8,
        MaxSegmentIds = 160,
        MergeAtSegments = 3,
        MaxDeletedRowsPerSeal = 5,
        FilterBitsPerId = 6,
    };

    private readonly Random _random = new(seed);
    private readonly FakeSnapshotStore _store = new();
    private readonly List<(long SequenceNr, UInt128 Id, long AtMs)> _journal = [];
    private readonly Dictionary<UInt128, long> _forgottenAtMs = [];
    private readonly List<UInt128> _known = [];
    private SeenHashesOptions _options = Options;
    private SeenShard _shard = null!;
    private long _nowMs = 1_000_000;
    private long _checkpoint;
    private CompactionPlan? _plan;

    /// <summary>Runs so many steps from a seed, which a fault names.</summary>
    public static async Task RunAsync(int seed, int steps)
    {
        try
        {
            await new SeenOracle(seed).StepsAsync(steps);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
        }
    }

    private async Task StepsAsync(int steps)
    {
        await OpenAsync();
        for (int i = 0; i < steps; i++)
        {
            await StepAsync();
            await CheckAsync();
        }

        await EverythingIsForgottenAsync();
    }

    private async Task StepAsync()
    {
        switch (_random.Next(20))
        {
            case < 6:
                AddSome();
                break;
            case < 9:
                await SealAsync();
                break;
            case < 12:
                await CompactAsync();
                break;
            case < 14:
                _shard.Hashes.Passivate(_random.Next(2) == 0 ? _random.Next(4_000) : long.MaxValue / 4);
                break;
            case < 18:
                _nowMs += _random.Next(10) == 0 ? _random.Next(2_000) : _random.Next(60);
                break;
            case 18:
                // A crash: what is not in the store is gone, and what the checkpoint does not cover is replayed.
                await OpenAsync();
                break;
            default:
                await CheckAsync(_known[^Math.Min(_known.Count, 1_000)..]);
                break;
        }
    }

    private async Task OpenAsync()
    {
        _options = _options with
        {
            MaxOpenBytes = _random.Next(3) == 0 ? _random.Next(5_000) : 1 << 20,
            FilterBitsPerId = _random.Next(4, 12),
            PageIds = _random.Next(5, 10)
        };
        _shard = await SeenShard.OpenAsync(_store, _options, loadBytes: _random.Next(4) == 0 ? _random.Next(1, 2_000) : 1 << 20);
        _plan = null;
        foreach ((long sequenceNr, UInt128 id, long atMs) in _journal)
        {
            if (sequenceNr > _checkpoint)
            {
                _shard.Hashes.Add(id, atMs);
            }
        }
    }

    private void AddSome()
    {
        int count = _random.Next(1, _random.Next(4) == 0 ? 400 : 30);
        for (int i = 0; i < count; i++)
        {
            UInt128 id = _random.Next(5) switch
            {
                0 when _known.Count > 0 => _known[_random.Next(_known.Count)],
                1 => (UInt128)(uint)_random.Next(40),
                _ => SeenShard.Id(_random),
            };
            _shard.Hashes.Add(id, _nowMs);
            _journal.Add((_journal.Count + 1, id, _nowMs));
            _known.Add(id);
            long bucketEndMs = ((_nowMs / _options.BucketMs) + 1) * _options.BucketMs;
            _forgottenAtMs[id] = bucketEndMs + _options.WindowMs;
        }
    }

    private async Task SealAsync()
    {
        SeenWrites writes = _shard.Hashes.PendingSeal ?? _shard.Hashes.Seal(1, _journal.Count, _nowMs);
        if (await TrySaveAsync(writes))
        {
            _shard.Hashes.Sealed();
            _checkpoint = writes.SequenceNr;
        }
    }

    private async Task CompactAsync()
    {
        if (_shard.Hashes.PendingCompaction is not { } writes)
        {
            // A plan may wait while other things happen; it is then out of date or still good.
            if (_plan is null)
            {
                _plan = _shard.Hashes.PlanCompaction();
                return;
            }

            SeenWrites? completed = _shard.Hashes.CompleteCompaction(_plan, await _shard.LoadAsync(_plan.Keys), 1, _journal.Count);
            _plan = null;
            if (completed is null)
            {
                return;
            }

            writes = completed;
        }

        if (await TrySaveAsync(writes))
        {
            _shard.Hashes.Committed();
        }
    }

    private async Task<bool> TrySaveAsync(SeenWrites writes)
    {
        _store.NextSave = (FakeSnapshotStore.Failure)_random.Next(_random.Next(2) == 0 ? 3 : 1);
        try
        {
            await _shard.SaveAsync(writes);
            return true;
        }
        catch (IOException)
        {
            // The writes stay pending and are saved again some steps later, or the shard crashes first.
            if (_random.Next(3) == 0)
            {
                await OpenAsync();
            }

            return false;
        }
    }

    private Task CheckAsync()
    {
        List<UInt128> ids = [];
        for (int i = 0; i < 20; i++)
        {
            ids.Add(_known.Count > 0 && _random.Next(3) > 0 ? _known[^(1 + _random.Next(Math.Min(_known.Count, 2_000)))] : SeenShard.Id(_random));
            ids.Add((UInt128)(uint)_random.Next(45));
        }

        // One at a time and as a batch: SeenShard asks an odd count one by one.
        return CheckAsync(_random.Next(2) == 0 ? ids : ids[1..]);
    }

    private async Task CheckAsync(List<UInt128> ids)
    {
        bool[] answers = await _shard.ContainsAsync(ids, _nowMs);
        for (int i = 0; i < ids.Count; i++)
        {
            bool expected = _forgottenAtMs.TryGetValue(ids[i], out long atMs) && _nowMs < atMs;
            answers[i].ShouldBe(expected, $"{ids[i]:x32} at {_nowMs}");
        }

        _shard.Hashes.ResidentBytes.ShouldBeGreaterThanOrEqualTo(0);
    }

    private async Task EverythingIsForgottenAsync()
    {
        if (_shard.Hashes.PendingCompaction is { } merge)
        {
            await _shard.SaveAsync(merge);
            _shard.Hashes.Committed();
        }

        if (_shard.Hashes.PendingSeal is { } seal)
        {
            await _shard.SaveAsync(seal);
            _shard.Hashes.Sealed();
        }

        _nowMs += 2 * _options.WindowMs;
        await CheckAsync(_known);
        for (int i = 0; _store.Count > 0; i++)
        {
            i.ShouldBeLessThan(1_000);
            await _shard.SealAsync(_journal.Count, _nowMs);
        }

        _shard.Hashes.SegmentCount.ShouldBe(0);
        _shard.Hashes.ResidentPages.ShouldBe(0);
        _shard.Hashes.Passivate(long.MaxValue / 4);
        _shard.Hashes.ResidentBytes.ShouldBe(0);
    }
}
