using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Admin;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>Asks the node that runs the Partitions to do what it alone may do.</summary>
internal sealed class OwnerClient(NodeInfo owner, HttpMessageHandler handler) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Sends without proxy and without following redirects: the node's secret goes to its address or nowhere.</summary>
    public static OwnerClient Create(NodeInfo owner) =>
        new(owner, new SocketsHttpHandler { ConnectTimeout = Patience, UseProxy = false, AllowAutoRedirect = false });

    /// <summary>Has the owner rebuild, which may take as long as the timeout.</summary>
    /// <exception cref="StartException">The owner cannot be asked, or does not do it.</exception>
    public async Task<RebuildTotals> RebuildAsync(RebuildRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Uri address = AddressOf(owner);
        await RequireAnswerAsync(address, cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(address, AdminEndpoints.RebuildPath)) { Content = JsonContent.Create(request) };
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", owner.Secret);
            using HttpResponseMessage response = await _http.SendAsync(message, patience.Token);
            if (!response.IsSuccessStatusCode)
            {
                string reason = await NodeRefusal.DetailAsync(response, patience.Token) ?? $"it answers {(int)response.StatusCode} {response.ReasonPhrase}.";
                throw new StartException($"The node {owner.Id} at {address} did not rebuild: {reason}");
            }

            return await response.Content.ReadFromJsonAsync<RebuildTotals>(patience.Token)
                ?? throw new StartException($"The node {owner.Id} at {address} answered with nothing; look with 'dataload verify'.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            throw new StartException($"The answer of the node {owner.Id} at {address} was lost ({e.Message}), and it may be at work still: look with "
                + "'dataload verify'.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"The node {owner.Id} at {address} was not done within {timeout.TotalSeconds:0} s, and may be at work still: wait, and "
                + "look with 'dataload verify'.");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Where a node is reached; one that listens on all addresses of this machine is reached on the loopback.</summary>
    internal static Uri AddressOf(NodeInfo owner)
    {
        if (!Uri.TryCreate(owner.Address, UriKind.Absolute, out Uri? address))
        {
            throw new StartException($"The node {owner.Id} runs over the store and has no HTTP interface, so that it cannot be asked and nothing was done: set "
                + "dataload.http.urls for it, or stop it and rebuild then.");
        }

        if (address.Host is not ("0.0.0.0" or "[::]"))
        {
            return address;
        }

        // A node's id begins with its machine's name.
        bool isHere = owner.Id.StartsWith(Environment.MachineName + "-", StringComparison.Ordinal);
        string[] parts = owner.Id.Split('-');
        string host = isHere || parts.Length < 3 ? "localhost" : string.Join('-', parts[..^2]);
        return new UriBuilder(address) { Host = host }.Uri;
    }

    private async Task RequireAnswerAsync(Uri address, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        string? error;
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(address, "/health/live"), patience.Token);
            error = response.IsSuccessStatusCode ? null : $"it answers {(int)response.StatusCode}";
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            error = e is HttpRequestException ? e.Message : $"no answer within {Patience.TotalSeconds:0} s";
        }

        if (error is not null)
        {
            throw new StartException($"The node {owner.Id} runs over the store and does not answer at {address} ({error}), and nothing was done: run the "
                + "command where it can be reached, or stop it and rebuild then.");
        }
    }
}
