using DataLoad.Engine.Faults;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;
using Shouldly;
using Xunit;

namespace DataLoad.Simulation.Tests.Proofs;

public sealed class ShrinkingTests
{
    [Fact]
    public void A_failing_scenario_is_shrunk_to_what_it_takes()
    {
        // Every event is acknowledged too early, so one message is enough, and at most a crash between the two.
        Scenario scenario = Enumerable.Range(1, 100).Select(seed => ScenarioMaker.Make((ulong)seed))
            .First(one => one.Disruptions.Count > 2 && one.Publishings.Count > 20
            && Simulator.Run(one, FaultPoint.AcceptedBeforePersisted).Failure is not null);
        Scenario small = Shrinker.Shrink(scenario, FaultPoint.AcceptedBeforePersisted, TimeSpan.FromSeconds(60));
        small.Publishings.Count.ShouldBe(1);
        small.Disruptions.Count.ShouldBeLessThanOrEqualTo(1);
        if (small.Disruptions.Count > 0)
        {
            Simulator.Run(small with { Disruptions = [] }, FaultPoint.AcceptedBeforePersisted).Failure.ShouldBeNull();
        }

        Simulator.Run(small, FaultPoint.AcceptedBeforePersisted).Failure!.ShouldStartWith("acknowledged too early");
        Simulator.Run(small).Failure.ShouldBeNull();
    }

    [Fact]
    public void A_scenario_that_is_kept_as_a_file_runs_as_it_did()
    {
        string path = Path.GetTempFileName();
        try
        {
            for (ulong seed = 1; seed <= 20; seed++)
            {
                Scenario scenario = ScenarioMaker.Make(seed);
                ScenarioFile.Write(path, scenario);
                Simulator.Run(ScenarioFile.Read(path)).TraceHash.ShouldBe(Simulator.Run(scenario).TraceHash);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_failure_is_reported_with_its_scenario_its_timeline_and_how_to_replay_it()
    {
        ulong failing = Enumerable.Range(1, 100).Select(seed => (ulong)seed)
            .First(seed => Simulator.Run(ScenarioMaker.Make(seed), FaultPoint.AcceptedBeforePersisted).Failure is not null);
        var report = new StringWriter();
        new CommandLine(["--seed", $"{failing}", "--fault", "AcceptedBeforePersisted"], report).Run().ShouldBe(1);
        string text = report.ToString();
        text.ShouldContain("BROKEN: acknowledged too early");
        text.ShouldContain("shrunk:");
        text.ShouldContain("node-1     starts");
        text.ShouldContain($"replay: dotnet run -c Release --project tests/Simulation.Tests -- --seed {failing} --fault AcceptedBeforePersisted");
    }

    [Fact]
    public void A_range_of_seeds_is_run_and_counted()
    {
        var report = new StringWriter();
        new CommandLine(["--seeds", "5..24"], report).Run().ShouldBe(0);
        report.ToString().ShouldStartWith("20 seeds from 5 on");
        new CommandLine(["--seeds", "x"], new StringWriter()).Run().ShouldBe(2);
    }
}
