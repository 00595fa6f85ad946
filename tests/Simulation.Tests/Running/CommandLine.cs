using System.Globalization;
using DataLoad.Engine.Faults;
using DataLoad.Simulation.Tests.Scenarios;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>The simulator's own options.</summary>
internal sealed class CommandLine(string[] args, TextWriter output)
{
    private const string Help = """
        dotnet run -c Release --project tests/Simulation.Tests -- OPTIONS

          --seeds A..B    runs the seeds from A up to B, on all cores (default 1..1000000)
          --minutes M     stops after that many minutes (default: runs all seeds)
          --seed N        runs one seed and prints its timeline
          --scenario FILE runs a scenario that was kept, under the seeds given
          --keep DIR      keeps the scenarios of seeds that fail, shrunk, as files there
          --fault POINT   with a fault point switched on, to see what the simulation makes of it

        A seed that fails is shrunk: its scenario and timeline are printed. The exit code is 1 when one failed.
        """;

    private ulong _from = 1;
    private ulong _to = 1_000_000;
    private double? _minutes;
    private ulong? _seed;
    private string? _keep;
    private Scenario? _scenario;
    private string? _scenarioFile;
    private FaultPoint _fault;

    public int Run()
    {
        try
        {
            if (!TryRead())
            {
                output.WriteLine(Help);
                return 0;
            }
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            output.WriteLine($"{string.Join(' ', args)}: {e.Message}");
            output.WriteLine(Help);
            return 2;
        }

        return _seed is ulong seed ? RunOne(seed) : RunMany();
    }

    private bool TryRead()
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--seed":
                    _seed = ulong.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--seeds":
                    string[] range = args[i + 1].Split("..");
                    _from = ulong.Parse(range[0], CultureInfo.InvariantCulture);
                    _to = ulong.Parse(range[^1], CultureInfo.InvariantCulture);
                    break;
                case "--minutes":
                    _minutes = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--keep":
                    _keep = args[i + 1];
                    break;
                case "--scenario":
                    _scenario = ScenarioFile.Read(args[i + 1]);
                    _scenarioFile = args[i + 1];
                    break;
                case "--fault":
                    _fault = Enum.Parse<FaultPoint>(args[i + 1]);
                    break;
                case "--help" or "-h":
                    return false;
                default:
                    throw new ArgumentException($"unknown option {args[i]}");
            }
        }

        return true;
    }

    private Scenario Make(ulong seed) => _scenario is null ? ScenarioMaker.Make(seed) : _scenario with { Seed = seed };

    private int RunOne(ulong seed)
    {
        Scenario scenario = Make(seed);
        Outcome outcome = Simulator.Run(scenario, _fault, withTimeline: true);
        Print(scenario, outcome);
        if (outcome.Failure is null)
        {
            return 0;
        }

        Report(seed);
        return 1;
    }

    private int RunMany()
    {
        var seeds = new SeedRun(_from, _to, _fault)
        {
            Make = Make,
            Limit = _minutes is double minutes ? TimeSpan.FromMinutes(minutes) : null,
            MaxFailures = _fault == FaultPoint.None ? 20 : 1,
        };
        seeds.Run(failure =>
        {
            output.WriteLine($"seed {failure.Seed} FAILED: {failure.Outcome.Failure}");
            output.Flush();
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seeds.Done} seeds from {_from} on in {seeds.Elapsed.TotalSeconds:0} s, {seeds.Steps} steps, {seeds.Persisted} events persisted, {seeds.Failures.Count} failed"));
        output.WriteLine(string.Join(", ", seeds.Injected.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}")));
        foreach (SeedFailure failure in seeds.Failures.Take(3))
        {
            Report(failure.Seed);
        }

        return seeds.Failures.Count == 0 ? 0 : 1;
    }

    private void Report(ulong seed)
    {
        output.WriteLine();
        output.WriteLine($"seed {seed}, shrunk:");
        Scenario small = Shrinker.Shrink(Make(seed), _fault, TimeSpan.FromSeconds(30));
        Print(small, Simulator.Run(small, _fault, withTimeline: true));
        if (_keep is not null)
        {
            Directory.CreateDirectory(_keep);
            ScenarioFile.Write(Path.Combine(_keep, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}.json")), small);
        }

        output.WriteLine($"replay: dotnet run -c Release --project tests/Simulation.Tests -- --seed {seed}{(_scenarioFile is null ? "" : $" --scenario {_scenarioFile}")}{(_fault == FaultPoint.None ? "" : $" --fault {_fault}")}");
    }

    private void Print(Scenario scenario, Outcome outcome)
    {
        foreach (string line in scenario.Describe().Concat(outcome.Timeline))
        {
            output.WriteLine(line);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{outcome.Steps} steps, {outcome.ElapsedMs} ms of virtual time, {outcome.Persisted} events persisted, trace {outcome.TraceHash:x16}"));
        output.WriteLine(outcome.Failure is null ? "every promise was kept" : $"BROKEN: {outcome.Failure}");
    }
}
