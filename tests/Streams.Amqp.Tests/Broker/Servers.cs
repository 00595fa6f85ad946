using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>The RabbitMQ that all tests share: each takes a vhost of its own. They are made together, since starting the broker's tool takes seconds.</summary>
internal static class Servers
{
    private const int Vhosts = 72;

    private static readonly string Run = Guid.NewGuid().ToString("N")[..8];
    private static readonly Lazy<Task> MadeVhosts = new(MakeVhostsAsync);
    private static int _vhosts;

    /// <summary>The folder below which a test may keep servers of its own, and files.</summary>
    public static string Folder => Named("DATALOAD_TEST_DIR");

    /// <summary>Runs RabbitMQs.</summary>
    public static string RabbitMqScript => Named("DATALOAD_TEST_RABBITMQ_CTL");

    /// <summary>The URL of an empty vhost of the shared broker.</summary>
    public static async Task<string> NewVhostAsync()
    {
        await MadeVhosts.Value;
        int number = Interlocked.Increment(ref _vhosts);
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
        string folder = Path.Combine(Folder, $"{name}-{Guid.NewGuid().ToString("N")[..8]}");
        return Directory.CreateDirectory(folder).FullName;
    }

    private static string Vhost(int number) => $"amqp-{Run}-{number}";

    private static async Task MakeVhostsAsync()
    {
        string user = new Uri(Named("DATALOAD_TEST_AMQP")).UserInfo.Split(':')[0];
        await ServerScript.RunAsync(
            RabbitMqScript,
            "ctl",
            Named("DATALOAD_TEST_RABBITMQ_DIR"),
            "eval",
            $$"""
            U = <<"{{user}}">>,
            [begin
                V = iolist_to_binary(["amqp-{{Run}}-", integer_to_list(I)]),
                ok = rabbit_vhost:add(V, U),
                ok = rabbit_auth_backend_internal:set_permissions(U, V, <<".*">>, <<".*">>, <<".*">>, U)
            end || I <- lists:seq(1, {{Vhosts}})], ok.
            """);
    }

    private static string Named(string variable)
    {
        string? value = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(value))
        {
            Assert.Skip($"{variable} is not set; run ./test.");
        }

        return value;
    }
}
