using System.Net;
using System.Net.Mime;
using System.Text.Json;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Turns a node's refusal into a sentence that says what to do.</summary>
internal static class NodeRefusal
{
    private const string OperatorVariable = "DATALOAD_HTTP_OPERATOR_TOKEN";
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
            HttpStatusCode.Forbidden => $"The node at {node} allows this to operators only: set {OperatorVariable}. {detail}".TrimEnd(),
            HttpStatusCode.TooManyRequests => $"The node at {node} refuses for now{RetryAfter(response)}: {detail ?? "too many calls."}",
            HttpStatusCode.NotFound when detail is null =>
                $"What answers at {node} has no {response.RequestMessage?.RequestUri?.AbsolutePath}: is it a DataLoad node, and of this version?",
            _ => detail is null ? $"The node at {node} answers {(int)response.StatusCode} {response.ReasonPhrase}." : $"The node at {node}: {detail}",
        });
    }

    private static string RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } delta ? $" (try again in {delta.TotalSeconds:0} s)" : "";

    private static async Task<string?> DetailAsync(HttpResponseMessage response, CancellationToken cancellationToken)
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
