using DataLoad.Engine.Operating;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>Paused streams in memory.</summary>
internal sealed class MemoryPausedStreams(MemoryCalls calls) : IPausedStreams
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<string>>("PausedStreams.List", state => [.. state.PausedStreams], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken) => await calls.RunAsync(
        "PausedStreams.Set",
        state => paused ? state.PausedStreams.Add(stream) : state.PausedStreams.Remove(stream),
        cancellationToken);
}
