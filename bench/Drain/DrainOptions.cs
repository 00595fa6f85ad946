using System.Globalization;

namespace DataLoad.Bench.Drain;

/// <summary>What a run of drains is to measure, and where.</summary>
public sealed record DrainOptions
{
    /// <summary>The broker.</summary>
    public required string Amqp { get; init; }

    /// <summary>The broker's process, for its CPU time.</summary>
    public required int BrokerPid { get; init; }

    /// <summary>The script that keeps the broker, <c>scripts/rabbitmq.sh</c>.</summary>
    public required string BrokerScript { get; init; }

    /// <summary>The folder that the script keeps it in.</summary>
    public required string BrokerFolder { get; init; }

    /// <summary>The database server, <c>postgresql://…/postgres</c>.</summary>
    public required string Postgres { get; init; }

    /// <summary>The database server's process, for its CPU time.</summary>
    public required int PostgresPid { get; init; }

    /// <summary>The program under test, <c>dist/dataload</c>.</summary>
    public required string Host { get; init; }

    /// <summary>Another build of the program, which drains in each pair too; null is none.</summary>
    public string? Baseline { get; init; }

    /// <summary>
    /// Settings files with which the program under test drains in each pair too, by name: what a setting costs.
    /// </summary>
    public IReadOnlyDictionary<string, string> With { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where reports and the host's log are written.</summary>
    public required string Output { get; init; }

    /// <summary>How many messages a backlog holds.</summary>
    public int Messages { get; init; } = 500_000;

    /// <summary>How many messages the hand-written consumer drains; 0 leaves it out.</summary>
    public int HandwrittenMessages { get; init; } = 100_000;

    /// <summary>How many pairs of drains for each queue type.</summary>
    public int Pairs { get; init; } = 5;

    /// <summary>The queue types.</summary>
    public IReadOnlyList<string> QueueTypes { get; init; } = ["quorum", "classic"];

    /// <summary>Whether the acknowledging consumer drains beside the host; without it there are no ratios.</summary>
    public bool Acknowledge { get; init; } = true;

    /// <summary>Whether the host's stacks are sampled while it drains, and the table of stages is written in the drains' place.</summary>
    public bool Profile { get; init; }

    /// <summary>Reads <c>--name value</c> pairs.</summary>
    /// <exception cref="ArgumentException">A name is unknown or a value is missing.</exception>
    public static DrainOptions Parse(string[] args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
            {
                throw new ArgumentException($"{args[i]} has no value", nameof(args));
            }

            values.Add(args[i], args[i + 1]);
        }

        int Number(string name, int otherwise) => values.Remove(name, out string? value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
        string Text(string name) => values.Remove(name, out string? value) ? value : throw new ArgumentException($"{name} is missing", nameof(args));

        var options = new DrainOptions
        {
            Amqp = Text("--amqp"),
            BrokerPid = int.Parse(Text("--broker-pid"), CultureInfo.InvariantCulture),
            BrokerScript = Text("--broker-script"),
            BrokerFolder = Text("--broker-folder"),
            Postgres = Text("--postgres"),
            PostgresPid = int.Parse(Text("--postgres-pid"), CultureInfo.InvariantCulture),
            Host = Text("--host"),
            Baseline = values.Remove("--baseline", out string? baseline) && baseline.Length > 0 ? baseline : null,
            With = values.Remove("--with", out string? with) ? Settings(with) : new Dictionary<string, string>(StringComparer.Ordinal),
            Output = Text("--output"),
            Messages = Number("--messages", 500_000),
            HandwrittenMessages = Number("--handwritten", 100_000),
            Pairs = Number("--pairs", 5),
            Acknowledge = Number("--acknowledge", 1) != 0,
            Profile = Number("--profile", 0) != 0,
            QueueTypes = Text("--queues").Split(','),
        };
        // NAME=FILE, separated by spaces.
        static Dictionary<string, string> Settings(string with) => with.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

        return values.Count == 0 ? options : throw new ArgumentException($"unknown: {string.Join(' ', values.Keys)}", nameof(args));
    }
}
