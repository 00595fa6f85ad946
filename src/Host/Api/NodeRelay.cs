using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DataLoad.Engine.Nodes;
using DataLoad.Host.Access;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>Asks other nodes on behalf of a caller, who shows them what was shown here. Thread-safe.</summary>
/// <remarks>Only nodes that the store lists are asked, at the addresses that it lists; no proxy, no redirect.</remarks>
internal sealed class NodeRelay : IDisposable
{
    private const int MaxAnswerBytes = 16 * 1024 * 1024;
    private const string JsonType = MediaTypeNames.Application.Json;
    private const string ProblemType = MediaTypeNames.Application.ProblemJson;

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(15);

    /// <summary>Who watches hears something every second.</summary>
    private static readonly TimeSpan SilencePatience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http =
        new(new SocketsHttpHandler { ConnectTimeout = ConnectPatience, UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>Passes a request on and gives the node's answer, as long as it is one of the API's.</summary>
    /// <exception cref="ApiProblem">The node has no HTTP, does not answer, or refuses.</exception>
    public async Task<IResult> PassOnAsync(HttpContext context, NodePresence node, string path)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(AnswerPatience);
        try
        {
            using HttpResponseMessage response = await SendAsync(context, node, path, patience.Token);
            byte[] body = await ReadAsync(response, node, patience.Token);
            string type = response.Content.Headers.ContentType?.MediaType ?? "";
            bool isPassedOn = type is JsonType ? response.IsSuccessStatusCode
                : type is ProblemType && response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict
                    or HttpStatusCode.ServiceUnavailable;
            return isPassedOn ? Results.Text(body, type, (int)response.StatusCode)
                : throw Unusable(node, await NodeRefusal.DetailAsync(response, patience.Token) ?? $"it answers {(int)response.StatusCode} with '{type}'");
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw Unusable(node, $"it did not answer within {AnswerPatience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unusable(node, e.Message);
        }
    }

    /// <summary>Reads what a node answers at a path.</summary>
    /// <exception cref="ApiProblem">The node has no HTTP, does not answer, refuses, or answers with something else.</exception>
    public async Task<T?> ReadAsync<T>(HttpContext context, NodePresence node, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await SendAsync(context, node, path, cancellationToken);
            return response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType is JsonType
                ? JsonSerializer.Deserialize(await ReadAsync(response, node, cancellationToken), type)
                : throw Unusable(node, await NodeRefusal.DetailAsync(response, cancellationToken) ?? $"it answers {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw Unusable(node, e.Message);
        }
    }

    /// <summary>Passes on a node's server-sent events, until the caller goes or the node.</summary>
    public static async Task PassOnEventsAsync(HttpResponseMessage response, EventStream events, CancellationToken cancellationToken)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] buffer = new byte[16 * 1024];
        int count;
        while ((count = await ReadSomeAsync(stream, buffer, cancellationToken)) > 0)
        {
            await events.PassOnAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>Begins to watch a node's server-sent events.</summary>
    /// <exception cref="ApiProblem">The node has no HTTP, does not answer, or refuses.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpContext context, NodePresence node, string path, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerPatience);
        try
        {
            HttpResponseMessage response = await SendAsync(context, node, path, patience.Token);
            using HttpResponseMessage? refused = response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType is "text/event-stream"
                ? null : response;
            return refused is null ? response
                : throw Unusable(node, await NodeRefusal.DetailAsync(response, patience.Token) ?? $"it answers {(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unusable(node, $"it did not answer within {AnswerPatience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unusable(node, e.Message);
        }
    }

    /// <summary>Reads what comes next of server-sent events; nothing where the node is gone, or silent for long.</summary>
    public static async Task<int> ReadSomeAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(SilencePatience);
        try
        {
            return await stream.ReadAsync(buffer, patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> SendAsync(HttpContext context, NodePresence node, string path, CancellationToken cancellationToken)
    {
        Uri address = NodeDirectory.AddressOf(node) ?? throw new ApiProblem(StatusCodes.Status409Conflict,
            $"Node {node.Node.Id} has no HTTP interface, so that it cannot be asked: set dataload.http.urls for it.");
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(address, path));
        string shown = context.Request.Headers.Authorization.ToString();
        if (shown.Length > 0 && AuthenticationHeaderValue.TryParse(shown, out AuthenticationHeaderValue? header))
        {
            request.Headers.Authorization = header;
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            request.Headers.Add(AccessGate.RequestHeader, "1");
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonType);
        }

        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, NodePresence node, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Unusable(node, $"its answer has more than {MaxAnswerBytes} bytes");
        }

        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static ApiProblem Unusable(NodePresence node, string why) => new(StatusCodes.Status502BadGateway,
        $"Node {node.Node.Id} at {NodeDirectory.AddressOf(node)} was asked, and not with success: {why.TrimEnd('.')}.");
}

/// <summary>Endpoints that are about one node: this one, and any other by its id.</summary>
internal static class NodeRelayExtensions
{
    private const string OtherNode = "/nodes/{id}";

    /// <summary>An endpoint that reads of one node, and answers with JSON.</summary>
    public static void MapReadOfNode<T>(this RouteGroupBuilder api, ApiServices services, string path, JsonTypeInfo<T> type, Func<HttpContext, Task<T>> answer)
    {
        api.MapRead(path, type, answer);
        api.MapRead(OtherNode + path, async context =>
            await FindAsync(services, context) is { } node
                ? await services.Relay.PassOnAsync(context, node, PathOf(context, path))
                : Results.Json(await answer(context), type));
    }

    /// <summary>An endpoint that reads what is at hand of one node, and answers with JSON.</summary>
    public static void MapReadOfNode<T>(this RouteGroupBuilder api, ApiServices services, string path, JsonTypeInfo<T> type, Func<HttpContext, T> answer) =>
        api.MapReadOfNode(services, path, type, context => Task.FromResult(answer(context)));

    /// <summary>An endpoint that shows server-sent events of one node.</summary>
    public static void MapWatchOfNode(this RouteGroupBuilder api, ApiServices services, string path, Func<HttpContext, Task<IResult>> answer,
        AccessPolicy policy)
    {
        api.MapRead(path, answer, policy);
        api.MapRead(OtherNode + path, async context =>
        {
            if (await FindAsync(services, context) is not { } node)
            {
                return await answer(context);
            }

            // Before the answer begins, since a refusal could not be told after.
            using HttpResponseMessage response = await services.Relay.OpenAsync(context, node, PathOf(context, path), context.RequestAborted);
            return await Watch.RunAsync(services, context, (events, token) => NodeRelay.PassOnEventsAsync(response, events, token));
        }, policy);
    }

    /// <summary>An endpoint that changes something of one node, and answers with JSON.</summary>
    public static void MapWriteOfNode<T>(this RouteGroupBuilder api, ApiServices services, string method, string path, JsonTypeInfo<T> type,
        Func<HttpContext, Task<T>> answer)
    {
        api.MapWrite(method, path, type, answer);

        // The other node writes down what it does for whom, who is this node there; so that it is written here who it was.
        Func<HttpContext, Task<IResult>> write = async context =>
            await FindAsync(services, context) is not { } node ? Results.Json(await answer(context), type)
                : await services.Audit.RunAsync(context, "relay", node.Node.Id, $"{method} {path}", () =>
                    services.Relay.PassOnAsync(context, node, PathOf(context, path)), _ => "");
        api.MapMethods(OtherNode + path, [method], write).WithAccess(AccessPolicy.Operator);
    }

    private static async Task<NodePresence?> FindAsync(ApiServices services, HttpContext context)
    {
        string id = context.Request.RouteValues["id"] as string ?? "";
        if (services.Nodes.IsSelf(id))
        {
            return null;
        }

        NodePresence node = await services.Nodes.FindAsync(id, context.RequestAborted);
        return services.Nodes.IsSelf(node.Node.Id) ? null : node;
    }

    /// <summary>The path that the other node knows, with what the caller named in it.</summary>
    private static string PathOf(HttpContext context, string path) => ApiEndpoints.Root
        + path.Replace("{stream}", Uri.EscapeDataString(context.Request.RouteValues["stream"] as string ?? ""), StringComparison.Ordinal)
        + context.Request.QueryString.ToUriComponent();
}
