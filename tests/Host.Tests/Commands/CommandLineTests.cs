using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("verify --topic activity", "'activity' is no topic: expected TYPE:ID, such as ACTIVITY:7.")]
    [InlineData("verify --topic activity:-1", "'activity:-1' is no topic: expected TYPE:ID, such as ACTIVITY:7.")]
    [InlineData("rebuild --from 2024-13-01", "'2024-13-01' is no day: expected YYYY-MM-DD, such as 2024-11-30.")]
    [InlineData("rebuild --from 2024-11-02 --to 2024-11-01", "--from 2024-11-02 is after --to 2024-11-01.")]
    [InlineData("verify --wait 0", "'0' is no --wait: expected a number from 1 to 3600.")]
    [InlineData("rebuild --timeout 0", "'0' is no --timeout: expected a number from 1 to 604800.")]
    [InlineData("publish act.share --time soon", "'soon' is no time")]
    [InlineData("publish act.share --delay -5", "'-5' is no duration")]
    [InlineData("publish act.share --count 0", "'0' is no --count: expected a number from 1 to 100000.")]
    [InlineData("publish act.share --count many", "'many' is no --count: expected a number from 1 to 100000.")]
    [InlineData("publish act.share --body-form xml", "'xml' is no form of a body: expected json, bare, java or text.")]
    [InlineData("publish act.share --field joinType", "'joinType' is no field: expected NAME=VALUE, such as joinType=1.")]
    public async Task A_bad_option_is_named_with_what_is_expected_and_ends_with_2(string line, string sentence)
    {
        CommandRun run = await CommandRun.OfAsync(line.Split(' '));

        run.Error.ShouldContain(sentence);
        run.Code.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task Pages_and_streams_that_do_not_exist_are_refused()
    {
        (await CommandRun.OfAsync("verify", "--page", "bare")).Code.ShouldBe(ExitCode.Failed);
        (await CommandRun.OfAsync("publish", "act.sale")).Code.ShouldBe(ExitCode.Failed);
    }

    [Theory]
    [InlineData("activity:7", "activity", 7)]
    [InlineData("a:b:0", "a:b", 0)]
    public void A_topic_is_what_stands_before_and_after_the_last_colon(string text, string type, int id)
    {
        TopicArgument.TryParse(text, out TopicArgument? topic).ShouldBeTrue();

        topic.ShouldBe(new TopicArgument(type, id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("check")]
    [InlineData("serve")]
    [InlineData("verify")]
    [InlineData("rebuild")]
    [InlineData("publish")]
    [InlineData("console")]
    [InlineData("status")]
    [InlineData("streams")]
    [InlineData("shards")]
    [InlineData("nodes")]
    [InlineData("counters top")]
    [InlineData("topic")]
    [InlineData("tail")]
    [InlineData("cluster")]
    [InlineData("cluster show")]
    [InlineData("cluster leave")]
    [InlineData("cluster down")]
    [InlineData("cluster down-unreachable")]
    [InlineData("cluster join")]
    [InlineData("cluster tail")]
    [InlineData("partitions")]
    [InlineData("partitions stats")]
    [InlineData("dead")]
    [InlineData("dead list")]
    [InlineData("dead show")]
    [InlineData("dead requeue")]
    [InlineData("dead edit")]
    [InlineData("dead purge")]
    [InlineData("journal")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("flush")]
    [InlineData("checkpoint")]
    [InlineData("settings")]
    [InlineData("log-level")]
    [InlineData("audit")]
    [InlineData("help")]
    public async Task Help_teaches_by_example_and_says_what_exit_codes_mean(string command)
    {
        CommandRun run = await CommandRun.OfAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        run.Code.ShouldBe(0);
        run.Output.ShouldContain($"  dataload {command}".TrimEnd());
        run.Output.ShouldContain("Exit codes: 0");
    }

    [Fact]
    public async Task The_version_is_told()
    {
        CommandRun run = await CommandRun.OfAsync("--version");

        run.Code.ShouldBe(0);
        run.Output.ShouldMatch(@"^\d+\.\d+\.\d+");
    }

    [Fact]
    public void Every_option_and_argument_is_described()
    {
        foreach (Command command in CommandLine.Create().Subcommands.SelectMany(command => command.Subcommands.Prepend(command)))
        {
            command.Description.ShouldNotBeNullOrWhiteSpace();
            command.Options.Cast<Symbol>().Concat(command.Arguments).ShouldAllBe(symbol => !string.IsNullOrWhiteSpace(symbol.Description));
        }
    }
}
