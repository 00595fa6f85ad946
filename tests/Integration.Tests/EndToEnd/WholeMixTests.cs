using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>All streams, with all that can happen to a message on its way.</summary>
public sealed class WholeMixTests
{
    [Theory]
    [Stores]
    public Task Every_cell_and_every_dead_letter_is_right_over_all_streams(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        await scenario.StartHostAsync();
        await scenario.SendMixAsync(6_000);
        await scenario.ShouldBeExactAsync();
    });
}
