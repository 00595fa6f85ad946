using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>The three commands that a person tries first find the node that runs on this machine, or say which address they tried.</summary>
public sealed class LocalNodeTests : IAsyncLifetime
{

    private readonly string _folder = Directory.CreateTempSubdirectory("local-nodes-").FullName;
    private StubNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await StubNode.StartAsync();
        _node.Answers("GET /api/v1/status", Samples.Status);
        Directory.CreateDirectory(Path.Combine(_folder, "self"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "self", "status"), "Name:\tdataload\nUid:\t7\t7\t7\t7\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("dataload\0serve\0--config\0my.conf\0")]
    [InlineData("/opt/dataload/dataload\0serve\0-c\0./my.conf\0")]
    [InlineData("/usr/bin/dotnet\0exec\0/opt/dataload/dataload.dll\0serve\0--config=my.conf\0")]
    public async Task Status_finds_the_node_by_the_command_line_of_its_process_and_shows_its_token(string command)
    {
        await PutAsync(11, command, config: $"dataload.http {{ urls = \"{_node.Address}\", operator-token = the-nodes-own-token }}");

        CommandRun run = await RunAsync("status");

        run.Code.ShouldBe(ExitCode.Done);
        run.Output.ShouldStartWith("node\thost-1-ab\n");
        run.Error.ShouldBe($"dataload: asking the node at {_node.Address}, which runs on this machine (process 11)\n");
        _node.LastHeaders.Authorization.ToString().ShouldBe("Bearer the-nodes-own-token");
    }

    [Fact]
    public async Task A_node_is_found_by_the_environment_of_its_process()
    {
        await PutAsync(11, "dataload\0serve\0", environment: $"PATH=/bin\0DATALOAD_HTTP={_node.Address}\0");

        (await RunAsync("status")).Code.ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task Without_a_command_the_node_is_shown_and_where_to_go_on()
    {
        await PutAsync(11, "dataload\0serve\0", environment: $"DATALOAD_HTTP={_node.Address}\0");

        CommandRun run = await RunAsync();

        run.Code.ShouldBe(ExitCode.Done);
        run.Output.ShouldContain($"Node host-1-ab at {_node.Address} (today is 2026-11-24, Asia/Shanghai) is degraded: Paused by request: act.share.\n");
        run.Output.ShouldContain("'dataload help' lists all commands");
        _node.Answers("GET /api/v1/status", Samples.Status.Replace("\"ready\":true", "\"ready\":false", StringComparison.Ordinal));
        (await RunAsync()).Code.ShouldBe(ExitCode.Found);
    }

    [Fact]
    public async Task Help_lists_the_commands_and_says_which_node_answers()
    {
        await PutAsync(11, "dataload\0serve\0", environment: $"DATALOAD_HTTP={_node.Address}\0");

        CommandRun run = await RunAsync("help");

        run.Code.ShouldBe(ExitCode.Done);
        run.Output.ShouldContain("counters");
        run.Output.ShouldEndWith($"Node host-1-ab at {_node.Address} (today is 2026-11-24, Asia/Shanghai) is degraded: Paused by request: act.share.\n");
        (await RunAsync("help", "counters", "top")).Output.ShouldContain("dataload counters top --by pay_amount");
        CommandRun unknown = await RunAsync("help", "nothing");
        (unknown.Code, unknown.Error).ShouldBe((ExitCode.Failed, "dataload: There is no command 'nothing': 'dataload help' lists them.\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("status")]
    [InlineData("help")]
    public async Task Where_no_node_answers_the_address_that_was_tried_is_said_and_how_to_name_another(string line)
    {
        string unused = $"http://127.0.0.1:{FreePort()}";
        await PutAsync(11, "dataload\0serve\0", environment: $"DATALOAD_HTTP={unused}\0");

        CommandRun run = await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        run.Code.ShouldBe(line is "help" ? ExitCode.Done : ExitCode.Failed);
        string said = run.Output + run.Error;
        said.ShouldContain($"The node at {unused} cannot be reached (");
        said.ShouldContain("Name another one with --address, DATALOAD_HTTP or dataload.http.urls in --config");
    }

    [Fact]
    public async Task A_node_that_is_named_is_asked_whatever_runs_here()
    {
        await PutAsync(11, "dataload\0serve\0", environment: $"DATALOAD_HTTP=http://127.0.0.1:{FreePort()}\0");

        CommandRun run = await RunAsync("status", "--address", _node.Address);

        (run.Code, run.Error).ShouldBe((ExitCode.Done, ""));
    }

    [Fact]
    public async Task Of_several_nodes_over_one_store_any_is_asked_and_over_several_stores_one_has_to_be_named()
    {
        await PutAsync(11, "dataload\0serve\0", environment: $"DATALOAD_HTTP={_node.Address}\0");
        await PutAsync(12, "dataload\0serve\0", environment: "DATALOAD_HTTP=http://127.0.0.1:1\0");
        (await RunAsync("status")).Code.ShouldBe(ExitCode.Done);

        await PutAsync(13, "dataload\0serve\0", environment: "DATALOAD_HTTP=http://127.0.0.1:2\0DATALOAD_STORE=sqlite:other.db\0");
        CommandRun run = await RunAsync("pause", "act.buy");
        run.Code.ShouldBe(ExitCode.Failed);
        run.Error.ShouldBe($"dataload: Nodes of several stores run on this machine, at {_node.Address}, http://127.0.0.1:1, http://127.0.0.1:2: name one with --address.\n");
    }

    [Theory]
    [InlineData("dataload\0verify\0", "7", "")]
    [InlineData("vi\0serve\0", "7", "")]
    [InlineData("dataload\0serve\0--what\0", "7", "")]
    [InlineData("dataload\0serve\0", "8", "")]
    [InlineData("dataload\0serve\0--config\0missing.conf\0", "7", "")]
    [InlineData("dataload\0serve\0", "7", "DATALOAD_HTTP=\0")]
    public async Task What_is_no_node_of_this_user_that_can_be_asked_is_passed_over(string command, string user, string environment)
    {
        await PutAsync(11, command, environment, user: user);

        new LocalNodes(_folder).Find().ShouldBeEmpty();
    }

    [Fact]
    public void Where_there_are_no_processes_to_see_the_usual_address_is_asked() =>
        new LocalNodes(Path.Combine(_folder, "nowhere")).Find().ShouldBeEmpty();

    private Task<CommandRun> RunAsync(params string[] words) => CommandRun.OfAsync(new LocalNodes(_folder), words);

    private async Task PutAsync(int id, string command, string environment = "", string user = "7", string? config = null)
    {
        string process = Directory.CreateDirectory(Path.Combine(_folder, $"{id}")).FullName;
        string working = Directory.CreateDirectory(Path.Combine(_folder, $"of-{id}")).FullName;
        await File.WriteAllTextAsync(Path.Combine(process, "cmdline"), command);
        await File.WriteAllTextAsync(Path.Combine(process, "environ"), environment);
        await File.WriteAllTextAsync(Path.Combine(process, "status"), $"Name:\tdataload\nUid:\t{user}\t{user}\t{user}\t{user}\n");
        Directory.CreateSymbolicLink(Path.Combine(process, "cwd"), working);
        if (config is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(working, "my.conf"), config);
        }
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
