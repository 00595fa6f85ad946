using System.Globalization;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A RabbitMQ or PostgreSQL of a test's own, which it may stop, kill and start again.</summary>
internal sealed class OwnServer : IAsyncDisposable
{
    private readonly string _script;
    private readonly string _folder;

    private OwnServer(string script, string folder) => (_script, _folder) = (script, folder);

    /// <summary>Where it is: an AMQP URL, or a connection string of its superuser.</summary>
    public string Url { get; private set; } = "";

    public static Task<OwnServer> StartRabbitMqAsync() => StartAsync(Servers.RabbitMqScript, "rabbitmq");

    public static Task<OwnServer> StartPostgreSqlAsync() => StartAsync(Servers.PostgreSqlScript, "postgres");

    /// <summary>Starts it again where it was.</summary>
    public Task StartAsync() => ServerScript.RunAsync(_script, "start", _folder);

    /// <summary>Ends it in order (PostgreSQL: <c>fast</c>).</summary>
    public Task StopAsync() => ServerScript.RunAsync(_script, "stop", _folder);

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => ServerScript.RunAsync(_script, "kill", _folder);

    /// <summary>Sends it a signal; SIGQUIT is PostgreSQL's <c>-m immediate</c>.</summary>
    public async Task SignalAsync(Signal signal) =>
        signal.Send(int.Parse(await ServerScript.RunAsync(_script, "pid", _folder), CultureInfo.InvariantCulture));

    /// <summary>What <c>rabbitmqctl</c> says of it.</summary>
    public Task<string> ControlAsync(params string[] arguments) => ServerScript.RunAsync(_script, ["ctl", _folder, .. arguments]);

    /// <summary>Whether it runs.</summary>
    public async Task<bool> IsRunningAsync()
    {
        try
        {
            await ServerScript.RunAsync(_script, "pid", _folder);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync() => await ServerScript.RunAsync(_script, "remove", _folder);

    private static async Task<OwnServer> StartAsync(string script, string kind)
    {
        var server = new OwnServer(script, Servers.NewFolder(kind));
        try
        {
            server.Url = await ServerScript.RunAsync(script, "start", server._folder);
            return server;
        }
        catch (InvalidOperationException)
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
