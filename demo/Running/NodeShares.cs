using System.Text.Json;

namespace DataLoad.Demo;

/// <summary>Asks how many Partitions each node of a cluster has: one of the nodes, and the next one that answers where that one is gone.</summary>
internal sealed class NodeShares(IReadOnlyList<Uri> nodes) : IDisposable
{
    // Short: a node that was just killed must not hold up the view.
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(1) };
    private IReadOnlyList<int> _last = [];
    private int _asked;

    /// <summary>The shares, the largest first; empty where no node answers, or only one was named.</summary>
    public async Task<IReadOnlyList<int>> TakeAsync(CancellationToken cancel)
    {
        for (var attempt = 0; nodes.Count > 1 && attempt < nodes.Count; attempt++)
        {
            try
            {
                return _last = await AskAsync(nodes[_asked], cancel);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // The view has waited long enough: the next one is asked for the next sample.
                Turn();
                return _last;
            }
            catch (Exception failure) when (failure is HttpRequestException or JsonException)
            {
                Turn();
            }
        }

        return [];

        void Turn() => _asked = (_asked + 1) % nodes.Count;
    }

    public void Dispose() => _client.Dispose();

    private async Task<IReadOnlyList<int>> AskAsync(Uri node, CancellationToken cancel)
    {
        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(node, "/api/v1/nodes"), cancel));
        return [.. answer.RootElement.GetProperty("nodes").EnumerateArray().Select(one => one.GetProperty("shards").GetInt32()).OrderDescending()];
    }
}
