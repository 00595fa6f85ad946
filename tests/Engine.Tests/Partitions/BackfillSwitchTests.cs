using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Memory;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>Whether an operator stopped the computing of the past, as the Partitions of a node hear it.</summary>
public sealed class BackfillSwitchTests
{
    private readonly MemoryStore _store = new(new MemoryStoreState());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_asks_while_another_one_waits_for_the_answer_hears_the_same()
    {
        await _store.Declarations.SetStopAsync(1000, Token);
        var held = new TaskCompletionSource();
        int asked = 0;
        _store.Before = async operation =>
        {
            asked += operation is "Declarations.FindStop" ? 1 : 0;
            await held.Task;
        };
        var backfill = new BackfillSwitch(_store.Declarations, TimeProvider.System, TimeSpan.FromHours(1));

        Task<bool> first = backfill.IsStoppedAsync(Token);
        Task<bool> second = backfill.IsStoppedAsync(Token);
        second.IsCompleted.ShouldBeFalse();
        held.SetResult();

        (await first, await second, backfill.WasStopped, asked).ShouldBe((true, true, true, 1));
        (await backfill.IsStoppedAsync(Token)).ShouldBeTrue();
        asked.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_that_failed_is_asked_for_again_at_once()
    {
        _store.Before = _ => throw new StoreException("The store is away.");
        var backfill = new BackfillSwitch(_store.Declarations, TimeProvider.System, TimeSpan.FromHours(1));
        await Should.ThrowAsync<StoreException>(() => backfill.IsStoppedAsync(Token));

        _store.Before = null;
        (await backfill.IsStoppedAsync(Token)).ShouldBeFalse();
    }
}
