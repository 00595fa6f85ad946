using Akka.Actor;
using DataLoad.Engine.Watching;

namespace DataLoad.Host.Api;

/// <summary>The actors of the node.</summary>
internal static class ActorEndpoint
{
    private const string UsualPath = "/user";
    private const int UsualDepth = 3;
    private const int MaxDepth = 16;
    private const int UsualChildren = 50;
    private const int MaxChildren = 1000;

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapReadOfNode(services, "/actors", ApiJson.Default.ActorList, context =>
    {
        var query = new ApiQuery(context.Request.Query);
        string path = query.Text("path") ?? UsualPath;
        int depth = query.Int("depth", 1, MaxDepth) ?? UsualDepth;
        int children = query.Int("children", 1, MaxChildren) ?? UsualChildren;
        if (!path.StartsWith('/'))
        {
            throw ApiProblem.Bad($"path = {path}: expected the path of an actor, such as /user or /system/sharding.");
        }

        ActorSystem system = services.Node.System ?? throw new ApiProblem(StatusCodes.Status503ServiceUnavailable,
            "No actor system runs on the node now: it stands by, starts or stops.");
        return ActorTree.Read(system, path, depth, children) is { } tree
            ? new ActorList(path, depth, children, [.. tree.Actors.Select(ActorList.Actor.Of)])
            : throw ApiProblem.NotFound($"path = {path}: no such actor runs on the node now; all are below /user and /system.");
    });
}

/// <summary>The actors from a path down, each followed by its children.</summary>
internal sealed record ActorList(string Path, int Depth, int Children, IReadOnlyList<ActorList.Actor> Actors)
{
    /// <summary>An actor, so many levels below the path; of its children, only so many are listed.</summary>
    internal sealed record Actor(string Path, int Depth, string? Type, string State, int Messages, int Children, int Listed)
    {
        public static Actor Of(ActorEntry entry) => new(
            entry.Path, entry.Depth, entry.Type, entry.State.ToString().ToLowerInvariant(), entry.Messages, entry.Children, entry.Listed);
    }
}
