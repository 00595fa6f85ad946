using System.Security.Cryptography;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Access;
using DataLoad.Host.Web;

namespace DataLoad.Host.Admin;

/// <summary>What commands ask of a running node. Each call shows the node's secret, which whoever can read the store can know; a browser cannot send
/// it by itself, so that no page can make one call.</summary>
internal static class AdminEndpoints
{
    public const string RebuildPath = "/admin/rebuild";
    private const string Scheme = "Bearer ";

    public static void Map(WebApplication app, ClusterNode node, NodeInfo info) =>
        app.MapPost(RebuildPath, async (HttpRequest request, RebuildRequest body) =>
        {
            PartitionClient? partitions = node.IsServing ? node.Partitions : null;
            return !IsAuthorized(request, info.Secret) ? Refusal(StatusCodes.Status401Unauthorized, "The node's secret is missing or wrong.")
                : body.Page is { } page && Catalog.Default.Pages.All(known => !string.Equals(known.Name, page, StringComparison.Ordinal))
                    ? Refusal(StatusCodes.Status400BadRequest, $"There is no page '{Excerpt(page)}': "
                        + $"{string.Join(", ", Catalog.Default.Pages.Select(known => known.Name))} are known.")
                : body.From > body.To
                    ? Refusal(StatusCodes.Status400BadRequest, $"The first day {body.From:yyyy-MM-dd} is after the last {body.To:yyyy-MM-dd}.")
                : partitions is null ? Refusal(StatusCodes.Status503ServiceUnavailable, "The node does not own the Partitions now; try again when it is ready.")
                : await RebuildAsync(partitions, body, request.HttpContext.RequestAborted);
        }).WithAccess(AccessPolicy.NodeSecret);

    private static IResult Refusal(int status, string detail) => Results.Problem(detail, statusCode: status);

    private static async Task<IResult> RebuildAsync(PartitionClient partitions, RebuildRequest body, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(await partitions.RebuildAsync(body.ToFilter(), progress: null, cancellationToken));
        }
        catch (StoredFormatException e)
        {
            return Refusal(StatusCodes.Status500InternalServerError, e.Message);
        }
        catch (Exception e) when (e is PartitionNotServingException or OperationCanceledException)
        {
            return Refusal(StatusCodes.Status503ServiceUnavailable, "The node let go of its Partitions meanwhile; look with 'dataload verify'.");
        }
    }

    private static string Excerpt(string text) => text.Length <= 64 ? text : text[..64] + "…";

    private static bool IsAuthorized(HttpRequest request, string secret)
    {
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.Ordinal)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header[Scheme.Length..]), Encoding.UTF8.GetBytes(secret));
    }
}

/// <summary>Which statistics are to be rebuilt: of a page, of a topic by type and id, from the first to the last day; null stands for all.</summary>
public sealed record RebuildRequest(string? Page, string? TopicType, int? TopicId, DateOnly? From, DateOnly? To)
{
    /// <summary>The same as a filter.</summary>
    public StatisticsFilter ToFilter() => new(Page, TopicType, TopicId, From?.DayNumber, To?.DayNumber);
}
