using System.Globalization;

namespace DataLoad.Demo;

/// <summary>The demo's command line.</summary>
public sealed record DemoOptions
{
    /// <summary>How to call it.</summary>
    public const string Usage = """
        dataload-demo --amqp URL --business DATABASE --store DATABASE [options]

          --amqp URL         the broker, such as amqp://user:password@127.0.0.1:5672/
          --business DB      the business database: sqlite:PATH, postgresql://… or Host=…;Port=…
          --store DB         the database of the statistics tables, in the same forms
          --http URL         the host's HTTP address; the demo waits until its /health/ready says 200. Once for each
                             node of a cluster: the next one that answers is asked where one does not
          --seconds N        stop after N seconds (default: at Ctrl-C)
          --rate N           messages a second (default 2000)
          --seed N           another stream of events (default 1)
          --drain-seconds N  how long to wait at the end until all is counted (default 120)
          --missing-rows     also send keys whose rows never come (needs short retries in the host)
          --kills            nodes are killed meanwhile: events without identity, which would count twice, are not
                             sent, and dead letters may be there twice
          --plain            lines instead of a live view
          --backlog N        instead of all that: put N messages into the queues as fast as can be (half shares, a
                             third visits, the rest orders); with --store, wait until they are counted and compare
        """;

    /// <summary><c>--amqp</c></summary>
    public string Amqp { get; init; } = "";

    /// <summary><c>--business</c></summary>
    public string Business { get; init; } = "";

    /// <summary><c>--store</c></summary>
    public string Store { get; init; } = "";

    /// <summary><c>--http</c>, once for each node; none not to wait for the host.</summary>
    public IReadOnlyList<Uri> Http { get; init; } = [];

    /// <summary><c>--seconds</c>, or null to go on until told to stop.</summary>
    public int? Seconds { get; init; }

    /// <summary><c>--rate</c></summary>
    public int Rate { get; init; } = 2_000;

    /// <summary><c>--seed</c></summary>
    public ulong Seed { get; init; } = 1;

    /// <summary><c>--drain-seconds</c></summary>
    public int DrainSeconds { get; init; } = 120;

    /// <summary><c>--missing-rows</c></summary>
    public bool MissingRows { get; init; }

    /// <summary><c>--kills</c></summary>
    public bool Kills { get; init; }

    /// <summary><c>--backlog</c>, or 0 for a run that shows and compares.</summary>
    public int Backlog { get; init; }

    /// <summary><c>--plain</c></summary>
    public bool Plain { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ArgumentException">An option is unknown, lacks its value, or its value is out of range.</exception>
    public static DemoOptions Parse(IReadOnlyList<string> args)
    {
        var options = new DemoOptions();
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i];
            options = name switch
            {
                "--plain" => options with { Plain = true },
                "--backlog" => options with { Backlog = Number(1, 100_000_000) },
                "--missing-rows" => options with { MissingRows = true },
                "--amqp" => options with { Amqp = Value() },
                "--business" => options with { Business = Value() },
                "--store" => options with { Store = Value() },
                "--http" => options with { Http = [.. options.Http, new Uri(Value())] },
                "--kills" => options with { Kills = true },
                "--seconds" => options with { Seconds = Number(1, 86_400 * 365) },
                "--rate" => options with { Rate = Number(1, 100_000) },
                "--seed" => options with { Seed = (ulong)Number(0, int.MaxValue) },
                "--drain-seconds" => options with { DrainSeconds = Number(1, 86_400) },
                _ => throw new ArgumentException($"unknown option '{name}'"),
            };

            string Value() => ++i < args.Count ? args[i] : throw new ArgumentException($"{name} needs a value");

            int Number(int low, int high)
            {
                var text = Value();
                return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high
                    ? number
                    : throw new ArgumentException(FormattableString.Invariant($"{name} is '{text}', but must be a whole number from {low} to {high}"));
            }
        }

        foreach (var (name, value) in new[] { ("--amqp", options.Amqp), ("--business", options.Business), ("--store", options.Store) })
        {
            if (value.Length == 0 && (options.Backlog == 0 || !name.Equals("--store", StringComparison.Ordinal)))
            {
                throw new ArgumentException($"{name} is missing");
            }
        }

        return options;
    }
}
