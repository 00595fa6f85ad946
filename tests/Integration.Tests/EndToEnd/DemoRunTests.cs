using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>The run of the demo, and what befalls it: its comparison takes it into account, or it ends with a sentence.</summary>
public sealed class DemoRunTests
{
    private const int Rate = 300;

    [Fact]
    public Task A_run_whose_connections_are_all_closed_by_force_goes_on_and_is_compared() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        var run = new DemoRun(OptionsOf(scenario, host, seconds: 3_600));
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(stop.Token);
        await host.WaitForMetricAsync("dataload_events_total", 2 * Rate);

        await Servers.RabbitMqCtlAsync("close_all_connections", "-p", new Uri(scenario.Amqp).AbsolutePath[1..], "a test");
        var events = (await host.TryMetricsAsync())!.Sum("dataload_events_total");
        await host.WaitForMetricAsync("dataload_events_total", events + (3 * Rate));
        await stop.CancelAsync();

        (await running).ShouldBe(0);
        run.Verdict.ShouldContain("all equal");
        run.Verdict.ShouldContain("the broker's connection was lost 1 times");
    });

    [Fact]
    public Task Dead_letters_that_are_purged_during_a_run_are_taken_into_account() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        var run = new DemoRun(OptionsOf(scenario, host, seconds: 3_600));
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(stop.Token);
        await host.WaitForMetricAsync("dataload_dead_letters_total", 3);

        // Further ones come meanwhile, and a purge has to name how many there are.
        long purged = 0;
        await Deadline.UntilAsync("a purge", async () =>
        {
            var letters = (await host.ReadAsync("/dead-letters?maxAge=0")).GetProperty("total").GetInt64();
            purged = letters > 0 ? await PurgeAsync(host, letters) : 0;
            return purged > 0;
        });
        await stop.CancelAsync();

        (await running).ShouldBe(0);
        run.Verdict.ShouldContain($"; {purged} more were purged during the run");
    });

    [Fact]
    public Task A_dead_letter_that_is_edited_during_a_run_ends_it_at_once_with_who_did_it() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        var run = new DemoRun(OptionsOf(scenario, host, seconds: 3_600));
        var running = run.RunAsync(CancellationToken.None);
        await host.WaitForMetricAsync("dataload_dead_letters_total", 1);
        await Deadline.UntilAsync("a dead letter to be listed", async () => await ItemsAsync() > 0);
        var id = (await host.ReadAsync("/dead-letters/messages?maxAge=60")).GetProperty("items")[0].GetProperty("id").GetString();

        await host.DoAsync($"/dead-letters/messages/{id}/edit", """{"body":"{}"}""");

        var ended = await Should.ThrowAsync<IncomparableException>(() => running.WaitAsync(Deadline.Usual));
        ended.Message.ShouldStartWith($"the dead letter {id} was edited by operator (loopback)");

        async Task<int> ItemsAsync() => (await host.ReadAsync("/dead-letters/messages?maxAge=0")).GetProperty("items").GetArrayLength();
    });

    [Fact]
    public Task SIGINT_ends_a_run_that_a_shell_started_in_the_background_and_it_is_compared() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();

        // As a shell starts a job of its background; over the frameworks of the tests, in whose folder it is.
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList =
            {
                "-c", "trap '' INT; exec dotnet exec \"$@\"", "bash", "--runtimeconfig", PathOf("Integration.Tests.runtimeconfig.json"), PathOf("dataload-demo.dll"),
                "--amqp", scenario.Amqp,
                "--business", scenario.BusinessUrl, "--store", scenario.Store, "--http", host.Http.ToString(), "--rate", "300", "--plain",
            },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var demo = Process.Start(start)!;
        try
        {
            using var patience = new CancellationTokenSource(Deadline.Usual);
            var output = demo.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = demo.StandardError.ReadToEndAsync(patience.Token);
            await Task.WhenAny(host.WaitForMetricAsync("dataload_events_total", Rate), output);
            output.IsCompleted.ShouldBeFalse(await (output.IsCompleted ? errors : Task.FromResult("")));

            Signal.Interrupt.Send(demo.Id);

            await demo.WaitForExitAsync(patience.Token);
            demo.ExitCode.ShouldBe(0, await output + await errors);
            (await output).ShouldContain("all equal");
        }
        finally
        {
            demo.Kill();
        }
    });

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private static DemoOptions OptionsOf(Scenario scenario, HostProcess host, int seconds) => new()
    {
        Amqp = scenario.Amqp,
        Business = scenario.BusinessUrl,
        Store = scenario.Store,
        Http = [host.Http],
        Seconds = seconds,
        Rate = Rate,
        Plain = true,
    };

    /// <returns>How many were purged; 0 where there are others by now.</returns>
    private static async Task<long> PurgeAsync(HostProcess host, long letters)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Http, "/api/v1/dead-letters/purge"))
        {
            Content = new StringContent($$"""{"all":true,"confirm":{{letters}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-DataLoad-Request", "1");
        using var answer = await host.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.StatusCode switch
        {
            HttpStatusCode.OK => JsonDocument.Parse(text).RootElement.GetProperty("moved").GetInt64(),
            HttpStatusCode.Conflict => 0,
            _ => throw new InvalidOperationException($"the host answered {(int)answer.StatusCode}: {text}"),
        };
    }
}
