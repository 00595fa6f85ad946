using System.Globalization;
using System.Text;
using DataLoad.Demo;
using DataLoad.Integration.Tests.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A row that can never be written is a difference, or a problem by name; never what is about to be flushed.</summary>
public sealed class VerifyTests
{
    private const string Table = "data_load_act_date";
    private const int Locked = 661;
    private const int Checked = 662;
    private const int Beyond = 663;
    private const int Forgotten = 664;
    private const int Free = 665;

    [Fact]
    public Task Rows_that_the_table_does_not_take_or_that_are_locked_for_long_are_differences() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Settings = "store.command-timeout = 2s";
        var host = await scenario.StartHostAsync();
        await scenario.PublishAsync([.. Shares(Locked, 1), .. Shares(Free, 1)]);
        await Deadline.UntilAsync("the first rows", async () => await TestDatabase.ExecuteAsync(scenario.Store, $"SELECT count(*) FROM {Table}") is 2L);
        await TestDatabase.ExecuteAsync(
            scenario.Store,
            $"""
            ALTER TABLE {Table} ADD CHECK (topic_id <> {Checked});
            ALTER TABLE {Table} ALTER share_user_cnt TYPE numeric(1,0);
            CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.topic_id = {Forgotten} THEN RETURN NULL; END IF; RETURN NEW; END';
            CREATE TRIGGER forgets BEFORE INSERT ON {Table} FOR EACH ROW EXECUTE FUNCTION forget()
            """);
        await using (NpgsqlConnection holder = await TestDatabase.ConnectAsync(scenario.Store))
        {
            await using var transaction = await holder.BeginTransactionAsync();
            await using var take = new NpgsqlCommand($"SELECT 1 FROM {Table} WHERE topic_id = {Locked} FOR UPDATE", holder, transaction);
            await take.ExecuteScalarAsync();
            await scenario.PublishAsync(
                [.. Shares(Locked, 4, from: 1), .. Shares(Checked, 2), .. Shares(Beyond, 12), .. Shares(Forgotten, 2), .. Shares(Free, 4, from: 1)]);
            await host.WaitForMetricAsync("dataload_events_total", 26);
            await host.WaitUntilNotReadyAsync("statistics: ");

            var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify");

            verify.ExitCode.ShouldBe(1, verify.Said);
            foreach (var topic in (int[])[Locked, Checked, Beyond, Forgotten])
            {
                verify.Output.ShouldContain($"activity:{topic}");
            }

            verify.Output.ShouldNotContain($"activity:{Free}");
            verify.Output.ShouldNotContain("not flushed yet");
        }

        await TestDatabase.ExecuteAsync(
            scenario.Store,
            $"""
            ALTER TABLE {Table} DROP CONSTRAINT {Table}_topic_id_check;
            ALTER TABLE {Table} ALTER share_user_cnt TYPE bigint;
            DROP TRIGGER forgets ON {Table}
            """);
        await host.WaitUntilReadyAsync();
        (await CommandProcess.RunOverAsync(scenario.Config, "rebuild")).ExitCode.ShouldBe(0);
        var after = await CommandProcess.RunOverAsync(scenario.Config, "verify");
        after.ExitCode.ShouldBe(0, after.Said);
        foreach (var (topic, count) in ((int, long)[])[(Locked, 5), (Checked, 2), (Beyond, 12), (Forgotten, 2), (Free, 5)])
        {
            (await TestDatabase.ExecuteAsync(scenario.Store, $"SELECT share_cnt FROM {Table} WHERE topic_id = {topic}")).ShouldBe(count);
        }
    });

    [Theory]
    [InlineData("DROP TABLE data_load_act_date")]
    [InlineData("ALTER TABLE data_load_act_date DROP COLUMN share_cnt")]
    [InlineData("ALTER TABLE data_load_act_date RENAME share_cnt TO shares")]
    public Task A_table_or_a_column_that_is_gone_under_a_node_is_named(string statement) => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        await TestDatabase.ExecuteAsync(scenario.Store, statement);
        await scenario.PublishAsync(Shares(66, 3));
        await host.WaitUntilNotReadyAsync("does not exist");

        var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify");

        verify.ExitCode.ShouldBe(2, verify.Said);
        verify.Errors.ShouldContain("does not exist");
        verify.Said.ShouldNotContain("   at ");
    });

    private static List<WireMessage> Shares(int topic, int count, int from = 0) =>
    [
        .. Enumerable.Range(from, count).Select(i =>
        {
            var time = DateTimeOffset.UtcNow.AddSeconds(-60).ToUnixTimeMilliseconds() + i;
            var json = string.Create(
                CultureInfo.InvariantCulture, $$"""{"sessionStr":"s{{i}}","topicType":"activity","topicId":{{topic}},"wuId":{{i + 1}},"ctime":{{time}}}""");
            return new WireMessage(ContractStreams.ActShare, Encoding.UTF8.GetBytes(json)) { ContentType = "application/json" };
        }),
    ];
}
