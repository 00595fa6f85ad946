using System.Collections.Immutable;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>Server-sent events that come when a test says so: what a listener hears first, and then what has changed, by the name of those events.</summary>
internal sealed class StubLive(string change = "delta")
{
    private ImmutableList<ChannelWriter<string>> _listeners = [];

    /// <summary>How many listen now.</summary>
    public int Listeners => _listeners.Count;

    /// <summary>What a listener hears first.</summary>
    public Func<object> Snapshot { get; set; } = () => StubApi.Live(events: 0);

    /// <summary>Tells all listeners what has changed.</summary>
    public void Tell(object delta)
    {
        foreach (ChannelWriter<string> listener in _listeners)
        {
            listener.TryWrite(Write(change, delta));
        }
    }

    /// <summary>Drops every connection.</summary>
    public void End()
    {
        foreach (ChannelWriter<string> listener in _listeners)
        {
            listener.TryComplete();
        }
    }

    public async Task ServeAsync(HttpContext context)
    {
        var channel = Channel.CreateUnbounded<string>();
        channel.Writer.TryWrite(Write("snapshot", Snapshot()));
        ImmutableInterlocked.Update(ref _listeners, static (all, one) => all.Add(one), channel.Writer);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await foreach (string text in channel.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(text, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The browser went.
        }
        finally
        {
            ImmutableInterlocked.Update(ref _listeners, static (all, one) => all.Remove(one), channel.Writer);
        }
    }

    private static string Write(string name, object data) => $"event: {name}\ndata: {JsonSerializer.Serialize(data, StubApi.Json)}\n\n";
}
