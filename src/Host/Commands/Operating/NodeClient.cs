using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Asks a running node by its HTTP API. Thread-safe.</summary>
internal sealed class NodeClient : IDisposable
{
    /// <summary>The header without which a node changes nothing: no form of a web page can send it.</summary>
    private const string RequestHeader = "X-DataLoad-Request";

    private readonly NodeAccess _node;
    private readonly HttpClient _http;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public NodeClient(NodeAccess node)
    {
        _node = node;

        // No proxy and no redirect: the token goes to the node's address or nowhere.
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = node.ConnectTimeout, UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = node.Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (node.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>Reads.</summary>
    /// <exception cref="NodeException">The node cannot be reached, or refuses.</exception>
    public Task<NodeAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <summary>Has something done.</summary>
    /// <param name="method">POST or PUT.</param>
    /// <param name="path">What.</param>
    /// <param name="body">What is sent as JSON, or null.</param>
    /// <param name="cancellationToken">Ends the waiting; the node may go on.</param>
    /// <exception cref="NodeException">The node cannot be reached, or refuses.</exception>
    public Task<NodeAnswer> DoAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) => AskAsync(
        () =>
        {
            var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType()) };
            request.Headers.Add(RequestHeader, "1");
            return request;
        },
        cancellationToken);

    /// <summary>Watches server-sent events until the caller or the node ends it.</summary>
    /// <exception cref="NodeException">The node cannot be reached, refuses, or is gone.</exception>
    public async IAsyncEnumerable<NodeEvent> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using IAsyncEnumerator<SseItem<byte[]>> events = SseParser.Create(stream, (_, data) => data.ToArray()).EnumerateAsync(cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await MoveAsync(events, cancellationToken))
        {
            yield return new NodeEvent(events.Current.EventType, new NodeAnswer(_node.Shown, events.Current.Data));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<NodeAnswer> AskAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_node.AnswerTimeout);
        try
        {
            using HttpResponseMessage response = await SendAsync(make, patience.Token);
            return new NodeAnswer(_node.Shown, await response.Content.ReadAsByteArrayAsync(patience.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NodeException($"The node at {_node} did not answer within {_node.AnswerTimeout.TotalSeconds:0} s (dataload.console.answer-timeout), and "
                + "may be at work still.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new NodeException($"The answer of the node at {_node} was lost ({e.Message}); look whether it runs still, and what it did: 'dataload "
                + "audit'.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            using HttpRequestMessage request = make();
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw NotReached(e.Message);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            throw NotReached($"no connection within {_node.ConnectTimeout.TotalSeconds:0} s");
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await NodeRefusal.OfAsync(_node, response, cancellationToken);
        }
    }

    private async Task<bool> MoveAsync(IAsyncEnumerator<SseItem<byte[]>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
        {
            throw new NodeException($"The node at {_node} is gone ({e.Message}).");
        }
    }

    private NodeException NotReached(string why) =>
        new($"The node at {_node} cannot be reached ({why}): is 'dataload serve' running there? Name another one with --address, DATALOAD_HTTP or "
            + "dataload.http.urls in --config.");
}

/// <summary>Where a node is asked, with what token, and how long it may take.</summary>
/// <param name="Address">Where it answers.</param>
/// <param name="Token">The operator's or the reader's token, or null.</param>
/// <param name="ConnectTimeout">How long connecting may take.</param>
/// <param name="AnswerTimeout">How long an answer may take.</param>
internal sealed record NodeAccess(Uri Address, string? Token, TimeSpan ConnectTimeout, TimeSpan AnswerTimeout)
{
    /// <summary>The address as it is told to people: without what may be secret in it.</summary>
    public string Shown => Address.GetComponents(UriComponents.SchemeAndServer, UriFormat.SafeUnescaped);

    // The compiler's would print the token.
    /// <inheritdoc/>
    public override string ToString() => Shown;
}

/// <summary>What a node answered: JSON, as it came.</summary>
/// <param name="node">The node, for messages.</param>
/// <param name="json">The JSON in UTF-8.</param>
internal sealed class NodeAnswer(string node, byte[] json)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>The JSON as it came.</summary>
    public string Json => Encoding.UTF8.GetString(json);

    /// <summary>Reads it as a shape of the API; members that the shape does not name are passed over.</summary>
    /// <exception cref="NodeException">It is something else.</exception>
    public T As<T>()
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new NodeException($"The node at {node} answered with null.");
        }
        catch (JsonException e)
        {
            throw new NodeException($"What answers at {node} is no node of this version: {e.Message}");
        }
    }
}

/// <summary>One of a node's server-sent events.</summary>
/// <param name="Name">What it is, such as <c>counted</c>.</param>
/// <param name="Data">What it says.</param>
internal sealed record NodeEvent(string Name, NodeAnswer Data);

/// <summary>A node could not be asked, or did not do what it was asked; the message is a sentence with the remedy.</summary>
internal sealed class NodeException(string message) : Exception(message);
