using System.Text.Json.Serialization.Metadata;
using DataLoad.Engine.Nodes;

namespace DataLoad.Host.Api;

/// <summary>Asks all other nodes for what is their own alone. One that hangs holds up nobody: what the others say is still worth seeing.</summary>
internal static class PeerAnswers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>What the other nodes answer at a path, and which of them do not, and why.</summary>
    /// <param name="services">Knows the nodes, and asks them.</param>
    /// <param name="context">Whose request it is; the others are asked with the same token.</param>
    /// <param name="path">The path below that of the API.</param>
    /// <param name="type">What they answer with.</param>
    public static async Task<(IReadOnlyList<T> Answers, IReadOnlyDictionary<string, string>? Away)> AskAsync<T>(
        ApiServices services, HttpContext context, string path, JsonTypeInfo<T> type)
        where T : class
    {
        IReadOnlyList<NodePresence> known = (await services.Nodes.TryListAsync(context.RequestAborted)).Nodes;
        (string Node, T? Answer, string? Why)[] told = await Task.WhenAll(known
            .Where(node => !services.Nodes.IsSelf(node.Node.Id)).Take(PeerEvents.MaxPeers).Select(node => AskAsync(services, context, node, path, type)));
        var away = told.Where(one => one.Why is not null).ToDictionary(one => one.Node, one => one.Why!, StringComparer.Ordinal);
        return ([.. told.Select(one => one.Answer).OfType<T>()], away.Count == 0 ? null : away);
    }

    private static async Task<(string Node, T? Answer, string? Why)> AskAsync<T>(ApiServices services, HttpContext context, NodePresence node, string path, JsonTypeInfo<T> type)
        where T : class
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            T? answer = await services.Relay.ReadAsync(context, node, $"{ApiEndpoints.Root}{path}?{PeerEvents.LocalParameter}=true", type, patience.Token);
            return (node.Node.Id, answer, answer is null ? "it answers with nothing" : null);
        }
        catch (ApiProblem problem)
        {
            return (node.Node.Id, null, problem.Message);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return (node.Node.Id, null, $"it did not answer within {Patience.TotalSeconds:0} s");
        }
    }
}
