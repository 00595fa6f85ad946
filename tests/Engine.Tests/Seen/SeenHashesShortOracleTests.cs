using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>A few short interleavings of all that can happen to a shard, quick enough to be run against each mutant.</summary>
public sealed class SeenHashesShortOracleTests
{
    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    public Task A_short_interleaving_gives_the_answers_of_the_oracle(int seed) => SeenOracle.RunAsync(seed, steps: 80);
}
