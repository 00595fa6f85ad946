using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DataLoad.Host.Api;

/// <summary>Server-sent events on a response.</summary>
internal sealed class EventStream(HttpContext context)
{
    private static readonly byte[] EndOfEvent = "\n\n"u8.ToArray();
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await BeatAsync(cancellationToken);
    }

    /// <summary>Tells the other side, and whatever stands between, that the stream lives.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(Comment, cancellationToken);
        await FlushAsync(cancellationToken);
    }

    /// <summary>Writes an event, which goes out with the next <see cref="FlushAsync"/>.</summary>
    public async Task WriteAsync<T>(string name, T data, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"event: {name}\ndata: "), cancellationToken);
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(data, type), cancellationToken);
        await context.Response.Body.WriteAsync(EndOfEvent, cancellationToken);
    }

    public Task FlushAsync(CancellationToken cancellationToken) => context.Response.Body.FlushAsync(cancellationToken);
}
