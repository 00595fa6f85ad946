using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every store does as a whole.</summary>
public abstract class StoreConformance : ConformanceBase
{
    /// <summary>Makes the schema one that a later version of the program left behind.</summary>
    protected abstract Task MakeSchemaNewerAsync();

    /// <summary>Opens a store over a second database, which nobody migrated; the same one at every call of a test.</summary>
    protected abstract Task<IStore> CreateEmptyStoreAsync();

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await Store.FixAsync("zone", "Asia/Shanghai", Token);

        await Store.MigrateAsync(Token);
        await ReopenAsync();

        (await Store.CheckSchemaAsync(Token)).ShouldBeNull();
        (await Store.FindFixedAsync("zone", Token)).ShouldBe("Asia/Shanghai");
    }

    [Fact]
    public async Task Two_nodes_may_migrate_at_once()
    {
        await using IStore first = await CreateEmptyStoreAsync();
        await using IStore second = await CreateEmptyStoreAsync();
        IStore[] nodes = [first, second, first, second];

        await Task.WhenAll(nodes.Select(node => Task.Run(async () => await node.MigrateAsync(Token), Token)));

        (await first.CheckSchemaAsync(Token)).ShouldBeNull();
        (await second.CheckSchemaAsync(Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Checking_an_empty_database_says_what_is_wrong_and_changes_nothing()
    {
        await using IStore empty = await CreateEmptyStoreAsync();

        (await empty.CheckSchemaAsync(Token)).ShouldNotBeNull();
        (await empty.CheckSchemaAsync(Token)).ShouldNotBeNull();
        (await empty.FindFixedAsync("zone", Token)).ShouldBeNull();

        await empty.MigrateAsync(Token);
        (await empty.CheckSchemaAsync(Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await MakeSchemaNewerAsync();

        (await Store.CheckSchemaAsync(Token)).ShouldNotBeNull();
        StoreException refused = await Should.ThrowAsync<StoreException>(async () => await Store.MigrateAsync(Token));
        refused.Message.ShouldContain("newer");
    }

    [Fact]
    public async Task A_value_is_fixed_by_the_first_that_proposes_one()
    {
        (await Store.FindFixedAsync("shards", Token)).ShouldBeNull();

        (await Store.FixAsync("shards", "64", Token)).ShouldBe("64");
        (await Store.FixAsync("shards", "128", Token)).ShouldBe("64");
        (await Store.FixAsync("zone", "", Token)).ShouldBe("");

        (await Store.FindFixedAsync("shards", Token)).ShouldBe("64");
        (await Store.FindFixedAsync("zone", Token)).ShouldBe("");
        await ReopenAsync();
        (await Store.FixAsync("shards", "256", Token)).ShouldBe("64");
    }

    [Fact]
    public async Task Of_many_that_fix_at_once_all_get_the_same()
    {
        string[] answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Task.Run(async () => await Store.FixAsync("seed", $"{i}", Token), Token)));

        answers.Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_ping_answers_and_the_name_has_no_secret()
    {
        await Store.PingAsync(Token);

        Store.Name.ShouldNotBeNullOrWhiteSpace();
        Store.Name.ShouldNotContain("assword", Case.Insensitive);
    }

    [Fact]
    public async Task Empty_batches_are_fine()
    {
        (await Store.Snapshots.SaveAsync([], Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancelled_call_does_not_take_effect()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.FixAsync("shards", "1", cancelled.Token));

        (await Store.FindFixedAsync("shards", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Closing_twice_is_fine()
    {
        await Store.DisposeAsync();
        await Store.DisposeAsync();
    }
}
