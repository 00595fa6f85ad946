namespace DataLoad.Engine.Operating;

/// <summary>The streams that an operator paused: kept, so that a restart or a takeover does not resume them.</summary>
public interface IPausedStreams
{
    /// <summary>The names of those that are paused, in order.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Notes whether a stream is paused; durable when this returns.</summary>
    ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken);
}
