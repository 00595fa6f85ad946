using System.Net;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Host.Access;
using DataLoad.Host.Api;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Hocon;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataLoad.Host.Tests.Access;

/// <summary>A node's HTTP interface on a free port, over a store in memory; the node itself does not run.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public const string Secret = "the node's secret";

    private TestNode(HttpSettings http, Action<IServiceCollection>? replace, Func<HostSettings, HostSettings>? change)
    {
        HostSettings settings = SettingsBinder.Bind(SettingsLoader.Load([], HoconText.NoEnvironment), Catalog.Default);
        settings = settings with
        {
            Http = http,
            Engine = settings.Engine
                with
            { Amqp = settings.Engine.Amqp with { Url = "amqp://guest:guest@127.0.0.1:1/", ConnectTimeout = TimeSpan.FromSeconds(1) } },
        };
        App = (WebApplication)NodeHost.Build(change?.Invoke(settings) ?? settings, services =>
        {
            services
                .RemoveAll<IHostedService>()
                .AddSingleton<IStore>(Store)
                .AddSingleton<ILookup>(new NoLookup())
                .AddSingleton(new NodeInfo("test-node", "", Secret))
                .AddLogging(logging => logging.ClearProviders());
            replace?.Invoke(services);
        });
        Services = App.Services.GetRequiredService<ApiServices>();
    }

    public MemoryStore Store { get; } = new(new MemoryStoreState());

    public ApiServices Services { get; }

    public WebApplication App { get; }

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Every endpoint that is mapped, with its rule.</summary>
    public IReadOnlyList<RouteEndpoint> Endpoints =>
        [.. ((IEndpointRouteBuilder)App).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];

    public static async Task<TestNode> StartAsync(Func<HttpSettings, HttpSettings>? change = null, string host = "127.0.0.1",
        Action<IServiceCollection>? replace = null, Func<HostSettings, HostSettings>? settings = null)
    {
        var http = new HttpSettings { Urls = [$"http://{host}:0"], Rate = 100_000, Burst = 100_000, FailedTries = 100_000 };
        var node = new TestNode(change?.Invoke(http) ?? http, replace, settings);
        await node.Store.MigrateAsync(CancellationToken.None);
        foreach (Page page in Catalog.Default.Pages)
        {
            await node.Store.Statistics.EnsureTableAsync(page, CancellationToken.None);
        }

        await node.App.StartAsync();
        int port = new Uri(node.App.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal)
            .Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port;
        node.Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
        return node;
    }

    /// <summary>Calls; only the status is looked at, so that what streams for ever ends at once.</summary>
    public async Task<HttpStatusCode> CallAsync(string method, string path, string? token = null, Action<HttpRequestMessage>? change = null)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, token, change);
        return answer.StatusCode;
    }

    public Task<HttpResponseMessage> SendAsync(string method, string path, string? token = null, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is not "GET")
        {
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
            request.Headers.Add(AccessGate.RequestHeader, "1");
        }

        if (token is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {token}");
        }

        change?.Invoke(request);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await App.DisposeAsync();
        await Store.DisposeAsync();
    }

    private sealed class NoLookup : ILookup
    {
        public string Name => "none";

        public ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;

        public ValueTask PingAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
