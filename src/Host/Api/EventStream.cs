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

    /// <summary>Writes an event that another node wrote, if it is one.</summary>
    /// <returns>Whether it is.</returns>
    public async Task<bool> WriteAsync(string name, byte[] json, CancellationToken cancellationToken)
    {
        // What has lines could write events of its own.
        if (json.AsSpan().IndexOfAny((byte)'\n', (byte)'\r') >= 0)
        {
            return false;
        }

        await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"event: {name}\ndata: "), cancellationToken);
        await context.Response.Body.WriteAsync(json, cancellationToken);
        await context.Response.Body.WriteAsync(EndOfEvent, cancellationToken);
        return true;
    }

    /// <summary>Writes what another node wrote, as it is.</summary>
    public async Task PassOnAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(bytes, cancellationToken);
        await FlushAsync(cancellationToken);
    }

    public Task FlushAsync(CancellationToken cancellationToken) => context.Response.Body.FlushAsync(cancellationToken);
}

/// <summary>Runs a request that lasts until its caller goes or the node stops, one of a bounded number.</summary>
internal static class Watch
{
    public static async Task<IResult> RunAsync(
        ApiServices services, HttpContext context, Func<EventStream, CancellationToken, Task> work, bool isLocal = false)
    {
        SemaphoreSlim watchers = isLocal ? services.PeerWatchers : services.Watchers;
        if (!await watchers.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            throw new ApiProblem(StatusCodes.Status429TooManyRequests,
                $"{services.Settings.Http.MaxWatchers} watch already: end one, or raise dataload.http.max-watchers.");
        }

        CancellationToken stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            var stream = new EventStream(context);
            await stream.StartAsync(ends.Token);
            await work(stream, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
        finally
        {
            watchers.Release();
        }

        return Results.Empty;
    }
}
