using System.CommandLine;
using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.OperatorConsole;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Operating;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.OperatorConsole;

/// <summary>Lines that run as commands.</summary>
public sealed class ConsoleSessionTests : IAsyncLifetime
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private StubNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await StubNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Lines_run_in_turn_and_the_worst_code_is_the_sessions()
    {
        _node.Answers("POST /api/v1/flush", """{"done":true,"elapsedMs":1}""");
        _node.Answers("GET /api/v1/status", Samples.Status.Replace("\"ready\":true", "\"ready\":false", StringComparison.Ordinal));

        (await RunAsync("flush", "", "# a remark", "dataload flush --json", "status")).ShouldBe(ExitCode.Found);

        _output.ToString().ShouldStartWith("Done in 1 ms.\n{\"done\":true,\"elapsedMs\":1}\nnode\t");
        _error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_line_that_is_wrong_says_so_and_the_next_one_runs()
    {
        _node.Answers("POST /api/v1/flush", """{"done":true,"elapsedMs":1}""");

        (await RunAsync("flash", "topic 'a", "pause", "flush")).ShouldBe(ExitCode.Failed);

        _error.ToString().ShouldContain("flash");
        _error.ToString().ShouldContain("A ' is not closed.");
        _output.ToString().ShouldEndWith("Done in 1 ms.\n");
    }

    [Fact]
    public async Task Exit_leaves_and_help_teaches()
    {
        (await RunAsync("help", "help dead requeue", "exit", "flush")).ShouldBe(ExitCode.Done);

        _output.ToString().ShouldContain("streams");
        _output.ToString().ShouldContain("dataload dead requeue --stream act.buy --reason no-row");
        _node.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_purge_is_asked_about_and_any_other_answer_than_yes_leaves_all_as_it_is()
    {
        _node.Answers("GET /api/v1/dead-letters?maxAge=0",
            """{"total":1,"at":1,"complete":true,"groups":[{"stream":"act.buy","reason":"no-row","count":1,"oldest":0,"newest":1}]}""");
        var asked = new List<string>();
        var confirmation = new Confirmation(question =>
        {
            asked.Add(question);
            return "";
        });

        (await RunAsync(confirmation, "dead purge --all")).ShouldBe(ExitCode.Found);

        asked.ShouldBe(["Remove for good 1 dead letter? [y/N] "]);
        _node.Requests.ShouldBe(["GET /api/v1/dead-letters?maxAge=0"]);
    }

    [Fact]
    public void The_console_has_the_commands_of_the_command_line_that_ask_a_node()
    {
        string[] oneShots = [.. CommandLine.Create().Subcommands.Select(command => command.Name)];

        Root(new Confirmation(null), () => { }).Subcommands.Select(command => command.Name).Except(["help", "history", "exit"], StringComparer.Ordinal)
            .ShouldBe(oneShots.Except(["serve", "check", "verify", "rebuild", "publish", "console", "help"], StringComparer.Ordinal));
    }

    private Task<int> RunAsync(params string[] lines) => RunAsync(new Confirmation(null), lines);

    private Task<int> RunAsync(Confirmation confirmation, params string[] lines)
    {
        ConsoleSession? session = null;
        RootCommand root = Root(confirmation, () => session!.IsLeaving = true);
        session = new ConsoleSession(root, new PipedLines(new StringReader(string.Join('\n', lines))), _output, _error);
        return session.RunAsync("> ", CancellationToken.None);
    }

    private RootCommand Root(Confirmation confirmation, Action leave) => ConsoleCommand.CreateRoot(
        new NodeAccess(new Uri(_node.Address), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)),
        new ConsoleSettings(),
        confirmation,
        History.Open(file: null, limit: 10, _ => { }),
        leave);
}
