using System.Globalization;
using System.Text;
using DataLoad.Demo;
using DataLoad.Integration.Tests.PostgreSql;
using Microsoft.Data.Sqlite;
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
    private const int PartChecked = 666;

    [Fact]
    public Task Rows_that_the_table_does_not_take_or_that_are_locked_for_long_are_differences() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        // All are of one Partition: what is refused of it holds up nothing else of it.
        scenario.Settings = """
            store.command-timeout = 2s
            sharding.shards = 1
            """;
        var host = await scenario.StartHostAsync();
        await scenario.PublishAsync([.. Shares(Locked, 1), .. Shares(Free, 1)]);
        await Deadline.UntilAsync("the first rows", async () => await TestDatabase.ExecuteAsync(scenario.Store, $"SELECT count(*) FROM {Table}") is 2L);
        await TestDatabase.ExecuteAsync(
            scenario.Store,
            $"""
            ALTER TABLE {Table} ADD CHECK (topic_id <> {Checked});
            ALTER TABLE {Table}_by_parent ADD CHECK (topic_id <> {PartChecked});
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
                [.. Shares(Locked, 4, from: 1), .. Shares(Checked, 2), .. Shares(Beyond, 12), .. Shares(Forgotten, 2), .. Shares(PartChecked, 2), .. Shares(Free, 4, from: 1)]);
            await host.WaitForMetricAsync("dataload_events_total", 28);
            await host.WaitUntilNotReadyAsync($"statistics: the table '{Table}");
            foreach (var (topic, count) in ((int, long)[])[(Free, 5), (PartChecked, 2)])
            {
                await Deadline.UntilAsync($"the row of {topic}, which nothing refuses", async () => await CountOfAsync(scenario, topic) is { } found && found == count);
            }

            await scenario.PublishAsync(Shares(Free, 1, from: 5));
            await Deadline.UntilAsync("what came later of it", async () => await CountOfAsync(scenario, Free) == 6);

            var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify", "--wait", "5");

            verify.ExitCode.ShouldBe(1, verify.Said);
            foreach (var topic in (int[])[Locked, Checked, Beyond, Forgotten, PartChecked])
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
            ALTER TABLE {Table}_by_parent DROP CONSTRAINT {Table}_by_parent_topic_id_check;
            ALTER TABLE {Table} ALTER share_user_cnt TYPE bigint;
            DROP TRIGGER forgets ON {Table}
            """);
        await host.WaitUntilReadyAsync();
        foreach (var (topic, count) in ((int, long)[])[(Locked, 5), (Checked, 2), (Beyond, 12)])
        {
            await Deadline.UntilAsync($"the row of {topic}, which is refused no more", async () => await CountOfAsync(scenario, topic) == count);
        }

        // What a trigger dropped nobody knows of but the journal.
        (await CommandProcess.RunOverAsync(scenario.Config, "rebuild")).ExitCode.ShouldBe(0);
        var after = await CommandProcess.RunOverAsync(scenario.Config, "verify");
        after.ExitCode.ShouldBe(0, after.Said);
        foreach (var (topic, count) in ((int, long)[])[(Locked, 5), (Checked, 2), (Beyond, 12), (Forgotten, 2), (PartChecked, 2), (Free, 6)])
        {
            (await CountOfAsync(scenario, topic)).ShouldBe(count);
        }
    });

    [Fact]
    public Task A_row_that_a_trigger_of_SQLite_refuses_holds_up_itself_alone_and_a_stop_is_bad_for_nothing() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = "sharding.shards = 1";
        var host = await scenario.StartHostAsync();
        await SqliteAsync(
            scenario, $"CREATE TRIGGER refuses BEFORE INSERT ON {Table} WHEN NEW.topic_id = {Checked} BEGIN SELECT RAISE(ABORT, 'not this one'); END");
        await scenario.PublishAsync([.. Shares(Checked, 3), .. Shares(Free, 3)]);
        await host.WaitUntilNotReadyAsync("not this one");
        await Deadline.UntilAsync("the other row", async () => await SqliteAsync(scenario, $"SELECT share_cnt FROM {Table} WHERE topic_id = {Free}") is 3L);
        (await host.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        host.Log.ShouldContain("Stopped; what was not flushed and checkpointed is recovered from the journal at the next start");

        var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify");

        verify.ExitCode.ShouldBe(1, verify.Said);
        verify.Output.ShouldContain($"activity:{Checked}");
        verify.Output.ShouldContain("no node runs");
        verify.Output.ShouldNotContain($"activity:{Free}");
        await SqliteAsync(scenario, "DROP TRIGGER refuses");
        host = await scenario.StartHostAsync();
        await Deadline.UntilAsync("the row itself", async () => await SqliteAsync(scenario, $"SELECT share_cnt FROM {Table} WHERE topic_id = {Checked}") is 3L);
        await host.WaitUntilReadyAsync();
        (await CommandProcess.RunOverAsync(scenario.Config, "verify")).ExitCode.ShouldBe(0);
    });

    [Fact]
    public Task What_a_node_that_was_killed_left_unflushed_is_a_difference_until_one_starts() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        scenario.Settings = "statistics.flush-interval = 10m\ncheckpoint.interval = 1h";
        var host = await scenario.StartHostAsync();

        // The first row is written at once; what comes of it within the interval is not.
        await scenario.PublishAsync(Shares(Free, 1));
        await Deadline.UntilAsync("the first row", async () => await CountOfAsync(scenario, Free) == 1);
        await scenario.PublishAsync(Shares(Free, 2, from: 1));
        await host.WaitForMetricAsync("dataload_events_total", 3);
        await host.KillAsync();
        await Deadline.UntilAsync("the killed node to be gone", async () => await TestDatabase.ExecuteAsync(
            scenario.Store, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") is 0L);

        var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify");

        verify.ExitCode.ShouldBe(1, verify.Said);
        verify.Output.ShouldContain($"activity:{Free}");
        verify.Output.ShouldContain("no node runs");
        verify.Output.ShouldNotContain("not flushed yet");
        scenario.Settings = "";
        await scenario.StartHostAsync();
        await Deadline.UntilAsync("the row", async () => await CountOfAsync(scenario, Free) == 3);
        (await CommandProcess.RunOverAsync(scenario.Config, "verify")).ExitCode.ShouldBe(0);
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

    private static async Task<long?> CountOfAsync(Scenario scenario, int topic) =>
        await TestDatabase.ExecuteAsync(scenario.Store, $"SELECT share_cnt FROM {Table} WHERE topic_id = {topic}") as long?;

    private static async Task<object?> SqliteAsync(Scenario scenario, string statement)
    {
        await using var connection = new SqliteConnection($"Data Source={scenario.StoreFile};Default Timeout=10;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        return await command.ExecuteScalarAsync();
    }

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
