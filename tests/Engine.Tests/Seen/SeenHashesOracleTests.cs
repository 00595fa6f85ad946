using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Many long interleavings of all that can happen to a shard.</summary>
public sealed class SeenHashesOracleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public async Task Any_interleaving_gives_the_answers_of_the_oracle(int firstSeed)
    {
        for (int seed = firstSeed; seed < firstSeed + 12; seed++)
        {
            await SeenOracle.RunAsync(seed, steps: 250);
        }
    }
}
