using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every store of Partitions does, and how their Epochs fence the other stores.</summary>
public abstract class PartitionStoreConformance : ConformanceBase
{
    private IPartitionStore Partitions => Store.Partitions;

    [Fact]
    public async Task A_Partition_that_nobody_owned_is_all_zeros() => (await Partitions.LoadAsync(3, Token)).ShouldBe(default);

    [Fact]
    public async Task An_Epoch_is_raised_never_lowered_and_raising_it_again_is_harmless()
    {
        (await Partitions.RaiseEpochAsync(3, 7, Token)).ShouldBeTrue();
        (await Partitions.RaiseEpochAsync(3, 7, Token)).ShouldBeTrue();
        (await Partitions.RaiseEpochAsync(3, 6, Token)).ShouldBeFalse();
        (await Partitions.RaiseEpochAsync(3, 12, Token)).ShouldBeTrue();
        (await Partitions.RaiseEpochAsync(3, 7, Token)).ShouldBeFalse();

        (await Partitions.LoadAsync(3, Token)).ShouldBe(new PartitionPositions(12, 0, 0));
        (await Partitions.LoadAsync(4, Token)).ShouldBe(default);
    }

    [Fact]
    public async Task Of_owners_that_raise_at_once_the_highest_Epoch_is_in_force()
    {
        await Task.WhenAll(Enumerable.Range(1, 16).Select(epoch => Task.Run(async () => await Partitions.RaiseEpochAsync(3, epoch, Token), Token)));

        (await Partitions.LoadAsync(3, Token)).Epoch.ShouldBe(16);
    }

    [Fact]
    public async Task A_new_Epoch_keeps_checkpoint_and_baseline()
    {
        await Partitions.RaiseEpochAsync(3, 1, Token);
        await Partitions.SaveCheckpointAsync(3, 1, 20, Token);
        await Partitions.SaveBaselineAsync(3, 1, 10, [], Token);

        await Partitions.RaiseEpochAsync(3, 30, Token);

        (await Partitions.LoadAsync(3, Token)).ShouldBe(new PartitionPositions(30, 20, 10));
    }

    [Fact]
    public async Task An_Epoch_at_a_number_that_was_trimmed_is_refused()
    {
        await Partitions.RaiseEpochAsync(3, 4, Token);
        await Partitions.SaveBaselineAsync(3, 4, 10, [], Token);

        (await Partitions.RaiseEpochAsync(3, 7, Token)).ShouldBeFalse();
        (await Partitions.RaiseEpochAsync(3, 10, Token)).ShouldBeFalse();
        (await Partitions.RaiseEpochAsync(3, 11, Token)).ShouldBeTrue();
        (await Partitions.LoadAsync(3, Token)).ShouldBe(new PartitionPositions(11, 0, 10));
    }

    [Fact]
    public async Task A_checkpoint_moves_forward_and_only_under_the_Epoch_in_force()
    {
        (await Partitions.SaveCheckpointAsync(3, 0, 5, Token)).ShouldBeFalse();
        await Partitions.RaiseEpochAsync(3, 4, Token);

        (await Partitions.SaveCheckpointAsync(3, 4, 10, Token)).ShouldBeTrue();
        (await Partitions.SaveCheckpointAsync(3, 4, 8, Token)).ShouldBeTrue();
        (await Partitions.SaveCheckpointAsync(3, 3, 99, Token)).ShouldBeFalse();
        (await Partitions.SaveCheckpointAsync(3, 5, 99, Token)).ShouldBeFalse();

        (await Partitions.LoadAsync(3, Token)).Checkpoint.ShouldBe(10);
    }

    [Fact]
    public async Task A_baseline_and_its_states_are_written_together_and_never_go_back()
    {
        await Partitions.RaiseEpochAsync(3, 4, Token);

        (await Partitions.SaveBaselineAsync(3, 4, 10, [State(4, 1, 10), State(4, 2, 9)], Token)).ShouldBeTrue();
        (await Partitions.SaveBaselineAsync(3, 4, 10, [State(4, 1, 10), State(4, 2, 9)], Token)).ShouldBeTrue();
        (await Partitions.SaveBaselineAsync(3, 4, 7, [State(4, 3, 7)], Token)).ShouldBeTrue();
        (await Partitions.SaveBaselineAsync(3, 3, 50, [State(3, 4, 50)], Token)).ShouldBeFalse();
        (await Partitions.SaveBaselineAsync(3, 4, 20, [State(4, 1, 20), State(4, 2, 20) with { Bytes = null }], Token)).ShouldBeTrue();

        (await Partitions.LoadAsync(3, Token)).Baseline.ShouldBe(20);
        (await AllAsync(Store.Snapshots.ListAsync(3, SnapshotKind.Baseline, [], Token)))
            .Select(snapshot => (snapshot.Key[0], snapshot.SequenceNr)).ShouldBe([((byte)1, 20L)]);
    }

    [Fact]
    public async Task A_state_of_another_Partition_or_Epoch_is_refused()
    {
        await Partitions.RaiseEpochAsync(3, 4, Token);

        await Should.ThrowAsync<ArgumentException>(async () => await Partitions.SaveBaselineAsync(3, 4, 10, [State(5, 1, 10)], Token));
        await Should.ThrowAsync<ArgumentException>(async () => await Partitions.SaveBaselineAsync(3, 4, 10, [State(4, 1, 10) with { Shard = 2 }], Token));

        (await Partitions.LoadAsync(3, Token)).Baseline.ShouldBe(0);
    }

    [Fact]
    public async Task A_group_of_writes_leaves_out_the_Partitions_whose_Epoch_is_stale_and_names_them()
    {
        for (int partition = 0; partition < 8; partition++)
        {
            await Partitions.RaiseEpochAsync(partition, 10, Token);
        }

        await Partitions.RaiseEpochAsync(2, 11, Token);
        await Partitions.RaiseEpochAsync(5, 11, Token);

        IReadOnlyList<int> stale = await Store.Snapshots.SaveAsync(
            [.. Enumerable.Range(0, 9).Reverse().SelectMany(partition =>
                new[] { State(10, 1, 1) with { Shard = partition }, State(10, 2, 1) with { Shard = partition, Bytes = null } })], Token);

        stale.Order().ShouldBe([2, 5, 8]);
        for (int partition = 0; partition < 9; partition++)
        {
            (await Store.Snapshots.LoadAsync(partition, SnapshotKind.Baseline, [[1]], Token)).Count.ShouldBe(stale.Contains(partition) ? 0 : 1);
        }
    }

    [Fact]
    public async Task Groups_checkpoints_baselines_and_takeovers_at_once_end_without_a_deadlock_and_nothing_stale_is_written()
    {
        const int partitions = 6;
        const int rounds = 25;

        // Owners announce themselves behind all that is written: beyond every baseline.
        const int blocks = 100;
        IStore other = await OpenAsync();
        for (int partition = 0; partition < partitions; partition++)
        {
            await Partitions.RaiseEpochAsync(partition, blocks, Token);
        }

        await Task.WhenAll(
            Task.Run(() => GroupsAsync(Store, forward: true), Token),
            Task.Run(() => GroupsAsync(other, forward: false), Token),
            Task.Run(CheckpointsAsync, Token),
            Task.Run(TakeoversAsync, Token));

        for (int partition = 0; partition < partitions; partition++)
        {
            PartitionPositions positions = await Partitions.LoadAsync(partition, Token);
            positions.Epoch.ShouldBe((rounds + 1) * blocks);
            (await Store.Snapshots.SaveAsync([State(rounds * blocks, 1, 1000) with { Shard = partition }], Token)).ShouldBe([partition]);
        }

        async Task GroupsAsync(IStore store, bool forward)
        {
            for (int i = 0; i < rounds; i++)
            {
                long epoch = (await store.Partitions.LoadAsync(0, Token)).Epoch;
                IEnumerable<int> order = forward ? Enumerable.Range(0, partitions) : Enumerable.Range(0, partitions).Reverse();
                await store.Snapshots.SaveAsync([.. order.Select(partition => State(epoch, 1, i) with { Shard = partition })], Token);
            }
        }

        async Task CheckpointsAsync()
        {
            for (int i = 0; i < rounds; i++)
            {
                long epoch = (await other.Partitions.LoadAsync(i % partitions, Token)).Epoch;
                await other.Partitions.SaveCheckpointAsync(i % partitions, epoch, i, Token);
                await Partitions.SaveBaselineAsync(i % partitions, epoch, i, [State(epoch, 7, i) with { Shard = i % partitions }], Token);
            }
        }

        async Task TakeoversAsync()
        {
            for (int epoch = 2; epoch <= rounds + 1; epoch++)
            {
                for (int partition = 0; partition < partitions; partition++)
                {
                    (await Partitions.RaiseEpochAsync(partition, epoch * blocks, Token)).ShouldBeTrue();
                }
            }
        }
    }

    [Fact]
    public async Task Reopening_finds_the_positions()
    {
        await Partitions.RaiseEpochAsync(3, 4, Token);
        await Partitions.SaveCheckpointAsync(3, 4, 10, Token);
        await Partitions.SaveBaselineAsync(3, 4, 6, [], Token);

        await ReopenAsync();

        (await Partitions.LoadAsync(3, Token)).ShouldBe(new PartitionPositions(4, 10, 6));
    }

    private static SnapshotWrite State(long epoch, byte key, long position) => new(3, epoch, SnapshotKind.Baseline, [key], position, [key]);
}
