using Npgsql;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>
/// The program under test, and the RabbitMQ and the PostgreSQL that all tests share. The streams' exchanges and queues have fixed names, so that
/// each scenario takes a vhost of its own; they are made together, since starting the broker's tool takes seconds.
/// </summary>
internal static class Servers
{
    private const int Vhosts = 160;

    private static readonly string Run = Guid.NewGuid().ToString("N")[..8];
    private static readonly Lazy<Task> MadeVhosts = new(MakeVhostsAsync);
    private static int _vhosts;

    /// <summary>The folder below which a test may keep servers of its own, and files.</summary>
    public static string Folder => Named("DATALOAD_TEST_DIR");

    /// <summary>The program under test: as it is published, compiled ahead, where the runner made it so; else as it was built beside the tests.</summary>
    public static string Program => Environment.GetEnvironmentVariable("DATALOAD_TEST_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "dataload.dll");

    /// <summary>The superuser's connection string of the shared PostgreSQL.</summary>
    public static string PostgreSql => Named("DATALOAD_TEST_PG");

    /// <summary>Runs RabbitMQs.</summary>
    public static string RabbitMqScript => Named("DATALOAD_TEST_RABBITMQ_CTL");

    /// <summary>Runs PostgreSQLs.</summary>
    public static string PostgreSqlScript => Named("DATALOAD_TEST_PG_CTL");

    /// <summary>The URL of an empty vhost of the shared broker.</summary>
    public static async Task<string> NewVhostAsync()
    {
        await MadeVhosts.Value;
        var number = Interlocked.Increment(ref _vhosts);
        return number <= Vhosts
            ? new Uri(new Uri(Named("DATALOAD_TEST_AMQP")), "/" + Vhost(number)).ToString()
            : throw new InvalidOperationException($"More than {Vhosts} vhosts are needed: raise {nameof(Servers)}.{nameof(Vhosts)}.");
    }

    /// <summary>What <c>rabbitmqctl</c> says of the shared broker.</summary>
    public static Task<string> RabbitMqCtlAsync(params string[] arguments) =>
        ServerScript.RunAsync(RabbitMqScript, ["ctl", Named("DATALOAD_TEST_RABBITMQ_DIR"), .. arguments]);

    /// <summary>An empty folder.</summary>
    public static string NewFolder(string name)
    {
        var folder = Path.Combine(Folder, $"{name}-{Guid.NewGuid().ToString("N")[..8]}");
        return Directory.CreateDirectory(folder).FullName;
    }

    /// <summary>The connection string of a new database on a server.</summary>
    public static async Task<string> NewDatabaseAsync(string server)
    {
        var name = $"dataload_e2e_{Guid.NewGuid():N}";
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    /// <summary>Ends a database and whatever is connected to it.</summary>
    public static Task DropDatabaseAsync(string server, string database) =>
        ExecuteAsync(server, $"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(database).Database} WITH (FORCE)");

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Vhost(int number) => $"e2e-{Run}-{number}";

    private static async Task MakeVhostsAsync()
    {
        var user = new Uri(Named("DATALOAD_TEST_AMQP")).UserInfo.Split(':')[0];
        await ServerScript.RunAsync(
            RabbitMqScript,
            "ctl",
            Named("DATALOAD_TEST_RABBITMQ_DIR"),
            "eval",
            $$"""
            U = <<"{{user}}">>,
            [begin
                V = iolist_to_binary(["e2e-{{Run}}-", integer_to_list(I)]),
                ok = rabbit_vhost:add(V, U),
                ok = rabbit_auth_backend_internal:set_permissions(U, V, <<".*">>, <<".*">>, <<".*">>, U)
            end || I <- lists:seq(1, {{Vhosts}})], ok.
            """);
    }

    private static string Named(string variable)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(value))
        {
            Assert.Skip($"{variable} is not set; run ./test.");
        }

        return value!;
    }
}
