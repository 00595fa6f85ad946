using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataLoad.Host.Tests.Operating;

/// <summary>A server on a free loopback port that answers as it is told and keeps what it was asked.</summary>
internal sealed class StubNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (int Status, string Type, string Body)> _answers = new(StringComparer.Ordinal);

    private StubNode()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Where it answers.</summary>
    public string Address => _app.Urls.Single();

    /// <summary>What it was asked, as in <c>POST /api/v1/flush</c>, with the body after a blank.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The headers of the last request.</summary>
    public IHeaderDictionary LastHeaders { get; private set; } = new HeaderDictionary();

    public static async Task<StubNode> StartAsync()
    {
        var node = new StubNode();
        await node._app.StartAsync();
        return node;
    }

    /// <summary>Says what a request is answered with.</summary>
    /// <param name="request">As in <c>GET /api/v1/status</c>, with its query.</param>
    public StubNode Answers(string request, string body, int status = 200, string type = "application/json")
    {
        _answers[request] = (status, type, body);
        return this;
    }

    /// <summary>Says which problem a request is answered with.</summary>
    public StubNode Refuses(string request, int status, string detail) =>
        Answers(request, $$"""{"status":{{status}},"detail":"{{detail}}"}""", status, "application/problem+json");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string request = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        string body = await reader.ReadToEndAsync();

        // A copy: the server empties and uses its own again for the next request.
        LastHeaders = new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(body.Length == 0 ? request : $"{request} {body}");
        if (!_answers.TryGetValue(request, out (int Status, string Type, string Body) answer))
        {
            answer = (404, "text/plain", "");
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.Type;
        await context.Response.WriteAsync(answer.Body);
    }
}
