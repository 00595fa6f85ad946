using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;

namespace DataLoad.Bench.Core;

/// <summary>The business database of streams that need none.</summary>
internal sealed class NoLookup : ILookup
{
    /// <inheritdoc/>
    public string Name => "no business database";

    /// <inheritdoc/>
    public ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("the measured stream looks nothing up");

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
