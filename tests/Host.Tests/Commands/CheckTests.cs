using DataLoad.Engine.Contract;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;
using DataLoad.Host.Commands;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Hocon;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class CheckTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("check-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_fresh_SQLite_store_is_a_note_and_no_file_is_made()
    {
        (int code, string output) = await CheckAsync();

        code.ShouldBe(ExitCode.Found);
        output.ShouldContain($"note     store: SQLite {_directory}/dataload.db does not exist yet; the first start makes it.");
        output.ShouldContain("problem  business: ");
        output.ShouldContain("problem  broker: 127.0.0.1:1/ cannot be reached");
        output.ShouldContain("2 problems were found.");
        Directory.GetFileSystemEntries(_directory).ShouldBe([Path.Combine(_directory, "my.conf")]);
    }

    [Fact]
    public async Task A_password_is_not_told()
    {
        (_, string output) = await CheckAsync();

        output.ShouldNotContain("verysecret");
    }

    [Fact]
    public async Task A_store_started_with_other_values_is_a_problem_that_names_both()
    {
        await using (var store = new CountedStore(Path.Combine(_directory, "dataload.db")))
        {
            await store.CountAsync((1, 10));
        }

        (_, string output) = await CheckAsync();

        output.ShouldContain("ok       store: SQLite ");
        output.ShouldContain($"problem  store: dataload.sharding.shards is 4, but SQLite {_directory}/dataload.db was started with {CountedStore.Partitions}, which cannot change");
        output.ShouldContain("ok       store: dataload.time-zone = Asia/Shanghai, as it was started with.");
        output.ShouldContain("ok       store: no node runs over it.");
        output.ShouldContain("ok       table data_load_act_date: holds no rows that something else wrote.");
    }

    [Theory]
    [InlineData(0, "all of its past is computed from the journal while counting goes on.")]
    [InlineData(2, "its past is computed from the journal while counting goes on, but 2 of 8 Partitions have trimmed theirs: what they counted before is lacking for good.")]
    public async Task What_a_start_adds_is_listed_with_what_it_lacks_and_is_no_problem(int trimmed, string past)
    {
        await using (var store = new CountedStore(Path.Combine(_directory, "dataload.db")))
        {
            await store.CountAsync([.. Enumerable.Range(1, 40).Select(topic => (topic, 10))]);
        }

        string column = CountedStore.Act.Metrics[^1].Column;
        string settings = $"dataload.sharding.shards = {CountedStore.Partitions}";
        (_, string before) = await CheckAsync(settings);
        before.ShouldNotContain("is new");

        // As a program left it that declared one metric fewer.
        Execute($"DELETE FROM dataload_metric WHERE table_name = 'data_load_act_date' AND column_name = '{column}'; ALTER TABLE data_load_act_date DROP COLUMN {column}");
        Execute($"UPDATE dataload_partition SET baseline = 1 WHERE partition_id < {trimmed}");
        (_, string output) = await CheckAsync(settings);

        output.ShouldContain($"note     store: data_load_act_date.{column} is new, and the next start adds it once no node runs: {past}");
        output.Split("problem  ").Length.ShouldBe(before.Split("problem  ").Length);
        (_, output) = await CheckAsync($"{settings}\ndataload.pages.act.breakdowns = [parent, qr-code]");
        output.ShouldContain($"note     store: data_load_act_date_by_qr_code is new, and the next start adds it once no node runs: {past}");
    }

    [Fact]
    public async Task A_statistics_table_that_takes_different_topics_for_one_is_a_problem()
    {
        Execute("CREATE TABLE data_load_bear (topic_type text COLLATE NOCASE NOT NULL, topic_id int, stat_date date, UNIQUE (topic_type, topic_id, stat_date))");

        (int code, string output) = await CheckAsync();

        code.ShouldBe(1);
        output.ShouldContain("problem  store: SQLite ");
        output.ShouldContain("the table 'data_load_bear' has a column 'topic_type' that is compared by the collation NOCASE");
    }

    [Fact]
    public async Task Queries_are_run_and_a_lacking_column_is_named_with_its_setting()
    {
        Execute("CREATE TABLE user_record (id, session_str, parent_topic_type, parent_topic_id, topic_type, topic_id, qr_code, wu_id, channel_type, ctime); CREATE TABLE mq_operate_record (id, ctime)");

        (_, string output) = await CheckAsync();

        output.ShouldContain("ok       business bear.visit: user_record: the queries run and return their columns.");
        output.ShouldContain("problem  business act.buy: query mq_operate_record fails: ");
        output.ShouldContain("Mend it in dataload.streams.\"act.buy\".queries.mq_operate_record, or the table.");
        output.ShouldContain("is reachable and fresh; the first start makes its tables.");
    }

    [Fact]
    public async Task Verify_and_rebuild_over_a_store_that_was_never_started_end_with_2_and_make_nothing()
    {
        string file = WriteConfig();

        (await CommandRun.OfAsync("verify", "--config", file)).Code.ShouldBe(ExitCode.Failed);
        (await CommandRun.OfAsync("rebuild", "--config", file)).Code.ShouldBe(ExitCode.Failed);

        Directory.GetFileSystemEntries(_directory).ShouldBe([file]);
    }

    [Fact]
    public async Task A_key_that_Akka_does_not_know_is_noted_with_its_line()
    {
        (_, string output) = await CheckAsync("akka.actor.default-dispatcher.troughput = 5");

        output.ShouldContain($"note     settings: {_directory}/my.conf:4: akka.actor.default-dispatcher.troughput is not a setting that Akka knows; did you mean akka.actor.default-dispatcher.throughput?");
    }

    [Theory]
    [InlineData("", "", "ok       http: answers at http://127.0.0.1:8080, to this machine alone, without a token.")]
    [InlineData("http://0.0.0.0:8080", "",
        "problem  http: dataload.http.urls = http://0.0.0.0:8080 answers beyond this machine, which takes a token: set DATALOAD_HTTP_OPERATOR_TOKEN")]
    [InlineData("http://127.0.0.1:8080;http://[::]:8081", "",
        "problem  http: dataload.http.urls = http://127.0.0.1:8080;http://[::]:8081 answers beyond this machine")]
    [InlineData("http://0.0.0.0:8080", "0123456789abcdef", "ok       http: answers at http://0.0.0.0:8080, beyond this machine, with a token.")]
    public async Task An_address_beyond_this_machine_without_a_token_is_a_problem(string urls, string token, string line)
    {
        string http = urls.Length == 0 ? "" : $"""dataload.http {"{"} urls = "{urls}", reader-token = "{token}" {"}"}""";

        (_, string output) = await CheckAsync(http);

        output.ShouldContain(line);
        output.ShouldContain(line.StartsWith("problem", StringComparison.Ordinal) ? "3 problems were found." : "2 problems were found.");
    }

    private async Task<(int Code, string Output)> CheckAsync(string more = "")
    {
        HostSettings settings = SettingsBinder.Bind(SettingsLoader.Load([WriteConfig(more)], HoconText.NoEnvironment), Catalog.Default);
        var output = new StringWriter();
        int code = await CheckCommand.RunAsync(settings, [], output, CancellationToken.None);
        return (code, output.ToString());
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory, "dataload.db")};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private string WriteConfig(string more = "")
    {
        string file = Path.Combine(_directory, "my.conf");
        File.WriteAllText(file, $$"""
            dataload.store.connection = "{{_directory}}/dataload.db"
            dataload.amqp.url = "amqp://guest:verysecret@127.0.0.1:1/"
            dataload.amqp.connect-timeout = 1s
            {{more}}
            """);
        return file;
    }
}
