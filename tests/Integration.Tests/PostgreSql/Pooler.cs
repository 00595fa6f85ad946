using System.Diagnostics;
using System.Globalization;
using DataLoad.Integration.Tests.EndToEnd;
using Npgsql;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>A PgBouncer of a test's own before a PostgreSQL; the test is skipped where there is none.</summary>
internal sealed class Pooler : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";

    private readonly Process _process;
    private readonly string _folder;

    private Pooler(Process process, string folder, string connectionString) => (_process, _folder, ConnectionString) = (process, folder, connectionString);

    /// <summary>How a database is reached through it.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts one, and waits until it answers.</summary>
    /// <param name="connectionString">A database, whose user it takes for whoever comes.</param>
    /// <param name="mode">session, transaction or statement.</param>
    /// <param name="settings">Further settings, a line each.</param>
    public static async Task<Pooler> StartAsync(string connectionString, string mode, string settings = "")
    {
        if (!File.Exists(Program))
        {
            Assert.Skip($"{Program} is not installed.");
        }

        var server = new NpgsqlConnectionStringBuilder(connectionString);
        int port = HostProcess.FreePort();
        string folder = Directory.CreateTempSubdirectory("dataload-pooler").FullName;
        string file = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture,
            $"""
            [databases]
            * = host={server.Host} port={server.Port} user={server.Username} password={server.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            default_pool_size = 40
            {settings}

            """));

        // It refuses to run as root.
        var start = new ProcessStartInfo(Environment.IsPrivilegedProcess ? "setpriv" : Program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in Environment.IsPrivilegedProcess ? (string[])["--reuid=nobody", "--regid=nogroup", "--clear-groups", Program, file] : [file])
        {
            start.ArgumentList.Add(argument);
        }

        await ServerScript.RunAsync("/bin/chmod", "755", folder);
        Process process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        server.Host = "127.0.0.1";
        server.Port = port;
        server.SearchPath = null;
        var pooler = new Pooler(process, folder, server.ConnectionString);
        await Deadline.UntilAsync("the pooler to answer", async () => process.HasExited || await AnswersAsync(server.ConnectionString));
        return pooler;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            return await TestDatabase.ExecuteAsync(connectionString, "SELECT 1") is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
