using System.Security.Cryptography;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Leasing;
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
            if (!IsAuthorized(request, info.Secret))
            {
                return Results.Problem("The node's secret is missing or wrong.", statusCode: StatusCodes.Status401Unauthorized);
            }

            if (body.Page is { } page && Catalog.Default.Pages.All(known => !string.Equals(known.Name, page, StringComparison.Ordinal)))
            {
                return Results.Problem($"There is no page '{Excerpt(page)}': {string.Join(", ", Catalog.Default.Pages.Select(known => known.Name))} are "
                    + "known.", statusCode: StatusCodes.Status400BadRequest);
            }

            if (body.From > body.To)
            {
                return Results.Problem($"The first day {body.From:yyyy-MM-dd} is after the last {body.To:yyyy-MM-dd}.",
                    statusCode: StatusCodes.Status400BadRequest);
            }

            if (node.Partitions is not { } partitions || !node.IsServing)
            {
                return Results.Problem("The node does not own the Partitions now; try again when it is ready.",
                    statusCode: StatusCodes.Status503ServiceUnavailable);
            }

            return await RebuildAsync(partitions, body, request.HttpContext.RequestAborted);
        }).WithAccess(AccessPolicy.NodeSecret);

    private static async Task<IResult> RebuildAsync(PartitionClient partitions, RebuildRequest body, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(await partitions.RebuildAsync(body.ToFilter(), progress: null, cancellationToken));
        }
        catch (StoredFormatException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status500InternalServerError);
        }
        catch (Exception e) when (e is PartitionNotServingException or OperationCanceledException)
        {
            return Results.Problem("The node let go of its Partitions meanwhile; look with 'dataload verify'.",
                statusCode: StatusCodes.Status503ServiceUnavailable);
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
