using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Mime;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DataLoad.Host.Access;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Asks a running node by its HTTP API. Thread-safe.</summary>
internal sealed class NodeClient : IDisposable
{
    private readonly NodeAccess _node;
    private readonly HttpClient _http;

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
        AskAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <summary>Has something done by POST or PUT, a body being sent as JSON. Cancelling ends the waiting; the node may go on.</summary>
    /// <exception cref="NodeException">The node cannot be reached, or refuses.</exception>
    public Task<NodeAnswer> DoAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        AskAsync(new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : JsonContent.Create(body, body.GetType()),
            Headers = { { AccessGate.RequestHeader, "1" } },
        }, cancellationToken);

    /// <summary>Watches server-sent events until the caller or the node ends it.</summary>
    /// <exception cref="NodeException">The node cannot be reached, refuses, or is gone.</exception>
    public async IAsyncEnumerable<NodeEvent> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        using HttpResponseMessage response = await SendAsync(request, cancellationToken);
        BusinessClock clock = BusinessClock.Of(response);
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using IAsyncEnumerator<SseItem<byte[]>> events = SseParser.Create(stream, (_, data) => data.ToArray()).EnumerateAsync(cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await MoveAsync(events, cancellationToken))
        {
            yield return new NodeEvent(events.Current.EventType, new NodeAnswer(_node.Shown, events.Current.Data, clock));
        }
    }

    /// <summary>Asks what may take long: the node has to say something within the time for an answer, again and again.</summary>
    /// <exception cref="NodeException">The node cannot be reached, refuses, is gone, or says nothing.</exception>
    public async Task<NodeAnswer> AskAsync(string path, Action<QuestionStep> progress, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_node.AnswerTimeout);
        try
        {
            await foreach (NodeEvent one in WatchAsync(path, patience.Token))
            {
                patience.CancelAfter(_node.AnswerTimeout);
                switch (one.Name)
                {
                    case "progress":
                        progress(one.Data.As<QuestionStep>());
                        break;
                    case "answer":
                        return one.Data;
                    case "problem":
                        throw new NodeException($"The node at {_node}: {one.Data.As<QuestionProblem>().Detail}");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Silent();
        }

        throw new NodeException($"The node at {_node} ended before it had the answer: is it stopping?");
    }

    public void Dispose() => _http.Dispose();

    private async Task<NodeAnswer> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_node.AnswerTimeout);
        try
        {
            using HttpResponseMessage response = await SendAsync(request, patience.Token);
            return new NodeAnswer(_node.Shown, await response.Content.ReadAsByteArrayAsync(patience.Token), BusinessClock.Of(response));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Silent();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new NodeException($"The answer of the node at {_node} was lost ({e.Message}); look whether it runs still, and what it did: 'dataload "
                + "audit'.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using HttpRequestMessage sent = request;
        HttpResponseMessage response;
        try
        {
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

        using HttpResponseMessage? refused = response.IsSuccessStatusCode ? null : response;
        return refused is null ? response : throw await NodeRefusal.OfAsync(_node, refused, cancellationToken);
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

    private NodeException Silent() => new(
        $"The node at {_node} did not answer within {_node.AnswerTimeout.TotalSeconds:0} s (dataload.console.answer-timeout), and may be at work still.");

    private NodeException NotReached(string why) =>
        new($"The node at {_node} cannot be reached ({why}): is 'dataload serve' running there? Name another one with --address, DATALOAD_HTTP or "
            + "dataload.http.urls in --config.");
}

/// <summary>Where a node is asked, with what token, and how long it may take.</summary>
internal sealed record NodeAccess(Uri Address, string? Token, TimeSpan ConnectTimeout, TimeSpan AnswerTimeout)
{
    /// <summary>The address as it is told to people: without what may be secret in it.</summary>
    public string Shown => Address.GetComponents(UriComponents.SchemeAndServer, UriFormat.SafeUnescaped);

    // The compiler's would print the token.
    public override string ToString() => Shown;
}

/// <summary>What a node answered: JSON, as it came, and how times are shown to people there.</summary>
internal sealed class NodeAnswer(string node, byte[] json, BusinessClock clock)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public BusinessClock Clock => clock;

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

/// <summary>One of a node's server-sent events: what it is, such as <c>counted</c>, and what it says.</summary>
internal sealed record NodeEvent(string Name, NodeAnswer Data);

/// <summary>A node could not be asked, or did not do what it was asked; the message is a sentence with the remedy.</summary>
/// <param name="message">The sentence.</param>
/// <param name="isAbsent">Whether the node was asked, and has nothing of the name that was given.</param>
internal sealed class NodeException(string message, bool isAbsent = false) : Exception(message)
{
    public bool IsAbsent => isAbsent;
}

/// <summary>Writes paths of the API, with everything escaped that came from outside.</summary>
internal static class NodePath
{
    /// <summary>A path of fixed and of given parts.</summary>
    public static string Of(params string[] parts) => $"{ApiEndpoints.Root}/" + string.Join('/', parts.Select(Uri.EscapeDataString));

    /// <summary>A path with a query; parameters that are null are left out.</summary>
    public static string With(string path, params (string Name, object? Value)[] parameters)
    {
        string query = string.Join('&', parameters.Select(parameter => (parameter.Name, Value: Show(parameter.Value)))
            .Where(parameter => parameter.Value is not null).Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    private static string? Show(object? value) => value switch
    {
        null or false => null,
        true => "true",
        DateOnly day => day.ToString("yyyy-MM-dd"),
        _ => Convert.ToString(value),
    };
}

/// <summary>Turns a node's refusal into a sentence that says what to do.</summary>
internal static class NodeRefusal
{
    private const string OperatorVariable = "DATALOAD_HTTP_OPERATOR_TOKEN";
    private const string AnalystVariable = "DATALOAD_HTTP_ANALYST_TOKEN";
    private const string ReaderVariable = "DATALOAD_HTTP_READER_TOKEN";

    public static async Task<NodeException> OfAsync(NodeAccess node, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string? detail = await DetailAsync(response, cancellationToken);
        return new NodeException(response.StatusCode switch
        {
            HttpStatusCode.Unauthorized when node.Token is null =>
                $"The node at {node} asks for a token: set {OperatorVariable}, or {ReaderVariable} to look only, or name the node's settings with --config.",
            HttpStatusCode.Unauthorized =>
                $"The node at {node} does not know this token: compare {OperatorVariable} and {ReaderVariable}, or --config, with the node's "
                    + "dataload.http.operator-token and reader-token.",
            HttpStatusCode.Forbidden => $"The node at {node} does not allow this with the token that was shown: set {OperatorVariable}, or {AnalystVariable} where that does. {detail}".TrimEnd(),
            HttpStatusCode.TooManyRequests => $"The node at {node} refuses for now{RetryAfter(response)}: {detail ?? "too many calls."}",
            HttpStatusCode.NotFound when detail is null =>
                $"What answers at {node} has no {response.RequestMessage?.RequestUri?.AbsolutePath}: is it a DataLoad node, and of this version?",
            _ => detail is null ? $"The node at {node} answers {(int)response.StatusCode} {response.ReasonPhrase}." : $"The node at {node}: {detail}",
        }, isAbsent: response.StatusCode == HttpStatusCode.NotFound && detail is not null);
    }

    private static string RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } delta ? $" (try again in {delta.TotalSeconds:0} s)" : "";

    /// <summary>What problem details say, or null.</summary>
    public static async Task<string?> DetailAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not MediaTypeNames.Application.ProblemJson)
        {
            return null;
        }

        try
        {
            Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using JsonDocument problem = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return problem.RootElement.TryGetProperty("detail", out JsonElement detail) && detail.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Then the status has to do.
            return null;
        }
    }
}
