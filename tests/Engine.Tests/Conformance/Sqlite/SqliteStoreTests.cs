using System.Diagnostics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance.Sqlite;

/// <summary>What is SQLite's own.</summary>
public sealed class SqliteStoreTests : IDisposable
{
    private const int Busy = 5;
    private const int Full = 13;

    private readonly TemporaryDatabase _database = new();

    private static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(":memory:")]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=x;Mode=Memory")]
    [InlineData("Data Source=x;Nonsense=1")]
    [InlineData("")]
    public void A_store_without_a_file_is_refused(string path) => Should.Throw<StoreException>(() => new SqlStore(SqliteDatabase.ForStore(path)));

    [Fact]
    public void A_setting_out_of_range_is_refused_by_name() => Should
        .Throw<StoreException>(() => new SqlStore(SqliteDatabase.ForStore(_database.Path, new SqliteStoreOptions { ReadConnections = 0 })))
        .Message.ShouldContain("ReadConnections");

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_path_and_stays_as_it_is()
    {
        string text = new('x', 5000);
        await File.WriteAllTextAsync(_database.Path, text, Token);
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));

        StoreException refused = await Should.ThrowAsync<StoreException>(async () => await store.MigrateAsync(Token));

        refused.Message.ShouldContain(_database.Path);
        (await File.ReadAllTextAsync(_database.Path, Token)).ShouldBe(text);
    }

    [Fact]
    public async Task A_path_that_cannot_be_opened_is_refused_by_path()
    {
        Directory.CreateDirectory(_database.Path);
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));

        (await Should.ThrowAsync<StoreException>(async () => await store.MigrateAsync(Token))).Message.ShouldContain(_database.Path);
    }

    [Fact]
    public async Task Checking_and_asking_make_no_file()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));

        (await store.CheckSchemaAsync(Token))!.ShouldContain(_database.Path);
        (await store.FindFixedAsync("x", Token)).ShouldBeNull();
        (await store.Nodes.ListAsync(Token)).ShouldBeEmpty();

        Directory.GetFiles(Path.GetDirectoryName(_database.Path)!).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_busy_file_throws_SQLITE_BUSY_and_the_call_works_once_it_is_free()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path, new SqliteStoreOptions { BusyTimeout = TimeSpan.FromMilliseconds(10) }));
        await store.MigrateAsync(Token);
        await using (var other = new SqliteConnection($"Data Source={_database.Path};Pooling=False"))
        {
            await other.OpenAsync(Token);
            await using SqliteTransaction transaction = other.BeginTransaction(deferred: false);

            SqliteException busy = await Should.ThrowAsync<SqliteException>(async () => await store.FixAsync("a", "b", Token));
            busy.SqliteErrorCode.ShouldBe(Busy);
            (await store.FindFixedAsync("a", Token)).ShouldBeNull();
        }

        (await store.FixAsync("a", "b", Token)).ShouldBe("b");
    }

    [Fact]
    public async Task A_write_that_does_not_fit_throws_SQLITE_FULL_undoes_itself_and_the_next_one_works()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        const long epoch = 1;
        await store.Partitions.RaiseEpochAsync(1, epoch, Token);
        await using var database = SqliteDatabase.ForStore(_database.Path);
        var snapshots = new SqlSnapshotStore(database);
        await database.WriteAsync(
            session =>
            {
                session.Run("PRAGMA max_page_count = 60");
                return true;
            },
            Token);

        SqliteException full = await Should.ThrowAsync<SqliteException>(
            async () => await snapshots.SaveAsync([Snapshot(epoch, 1, 100), Snapshot(epoch, 2, 1_000_000)], Token));

        full.SqliteErrorCode.ShouldBe(Full);
        (await store.Snapshots.LoadAsync(1, SnapshotKind.Counter, [[1], [2]], Token)).ShouldBeEmpty();
        (await snapshots.SaveAsync([Snapshot(epoch, 1, 100)], Token)).ShouldBeEmpty();
        (await store.Snapshots.LoadAsync(1, SnapshotKind.Counter, [[1], [2]], Token)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_file_is_in_WAL_mode_and_closing_leaves_no_log_behind()
    {
        var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        (await _database.ScalarAsync("PRAGMA journal_mode")).ShouldBe("wal");

        await store.PingAsync(Token);
        await store.DisposeAsync();

        File.Exists(_database.Path + "-wal").ShouldBeFalse();
    }

    [Fact]
    public async Task The_journal_is_in_a_file_of_its_own_beside_the_stores_and_checked_for_its_unique_index()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        string journal = _database.Sibling("dataload-journal.db");

        store.JournalConnection.ConnectionString.ShouldContain(journal);
        (await store.CheckJournalAsync(Token)).ShouldBeNull();
        (await TemporaryDatabase.ScalarAsync(journal, "PRAGMA journal_mode")).ShouldBe("wal");
        (await TemporaryDatabase.ScalarAsync(journal, "PRAGMA synchronous")).ShouldBe("2");

        await TemporaryDatabase.ScalarAsync(journal, "DROP INDEX journal_uq");
        (await store.CheckJournalAsync(Token))!.ShouldContain("CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)");
    }

    [Fact]
    public async Task A_file_is_one_nodes_whatever_its_names_until_its_store_is_closed()
    {
        var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        await store.Nodes.EnterAsync(Node("first"), TimeSpan.FromMinutes(1), Token);
        string link = _database.Sibling("link.db");
        Process.Start("ln", [_database.Path, link]).WaitForExit();
        await using var other = new SqlStore(SqliteDatabase.ForStore(link));

        (await other.CheckDatabaseAsync(Catalog.Default.Pages, Token))!.ShouldContain($"A node runs over the file of SQLite {link} under another name");
        File.Exists(link + "-wal").ShouldBeFalse("nothing is opened");
        (await Should.ThrowAsync<StoreException>(() => other.Nodes.EnterAsync(Node("second"), TimeSpan.FromMinutes(1), Token).AsTask()))
            .Message.ShouldContain("under another name");

        await store.DisposeAsync();
        (await other.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();
        (await other.Nodes.EnterAsync(Node("second"), TimeSpan.FromMinutes(1), Token)).IsFounder.ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_whose_log_was_left_beside_another_name_is_refused_until_the_log_is_in_it()
    {
        string journal = _database.Sibling("dataload-journal.db");
        (string link, string linkJournal) = (_database.Sibling("link.db"), _database.Sibling("link-journal.db"));
        (string File, byte[] Bytes)[] crashed;
        await using (var store = new SqlStore(SqliteDatabase.ForStore(_database.Path)))
        {
            await store.MigrateAsync(Token);
            await store.Nodes.EnterAsync(Node("first"), TimeSpan.FromMinutes(1), Token);
            await store.FixAsync("answer", "42", Token);
            crashed = [.. await Task.WhenAll(new[] { _database.Path, _database.Path + "-wal", journal, journal + "-wal" }
                .Select(async file => (file, await ReadSharedAsync(file))))];
        }

        // As a crash leaves them.
        foreach ((string file, byte[] bytes) in crashed)
        {
            await File.WriteAllBytesAsync(file, bytes, Token);
        }

        Process.Start("ln", [_database.Path, link]).WaitForExit();
        Process.Start("ln", [journal, linkJournal]).WaitForExit();
        await using (var other = new SqlStore(SqliteDatabase.ForStore(link)))
        {
            string refused = (await other.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldNotBeNull();
            refused.ShouldContain($"SQLite {link} was last used under the name {_database.Path}");
            refused.ShouldContain($"move {_database.Path}-wal to {link}-wal.");
            (await other.FindFixedAsync("answer", Token)).ShouldBeNull("that is why");
        }

        await using (var copy = new SqlStore(SqliteDatabase.ForStore(_database.Sibling("copy.db"))))
        {
            File.Copy(_database.Path, _database.Sibling("copy.db"));
            (await copy.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull("what is there is another file");
        }

        await using (var again = new SqlStore(SqliteDatabase.ForStore(_database.Path)))
        {
            (await again.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();
            await again.Nodes.EnterAsync(Node("first"), TimeSpan.FromMinutes(1), Token);
        }

        await using var after = new SqlStore(SqliteDatabase.ForStore(link));
        (await after.CheckDatabaseAsync(Catalog.Default.Pages, Token))!.ShouldContain($"move {journal}-wal to {linkJournal}-wal.", customMessage: "the journal has a log of its own");
        File.Delete(journal + "-wal");
        (await after.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();
        (await after.FindFixedAsync("answer", Token)).ShouldBe("42");
    }

    [Fact]
    public async Task A_file_that_was_renamed_without_its_log_is_refused_and_with_it_is_used()
    {
        string renamed = _database.Sibling("renamed.db");
        byte[] log;
        byte[] file;
        await using (var store = new SqlStore(SqliteDatabase.ForStore(_database.Path)))
        {
            await store.MigrateAsync(Token);
            await store.Nodes.EnterAsync(Node("first"), TimeSpan.FromMinutes(1), Token);
            await store.FixAsync("answer", "42", Token);
            (file, log) = (await ReadSharedAsync(_database.Path), await ReadSharedAsync(_database.Path + "-wal"));
        }

        File.Delete(_database.Path);
        await File.WriteAllBytesAsync(renamed, file, Token);
        await File.WriteAllBytesAsync(_database.Path + "-wal", log, Token);
        await using (var other = new SqlStore(SqliteDatabase.ForStore(renamed)))
        {
            (await other.CheckDatabaseAsync(Catalog.Default.Pages, Token))!.ShouldContain($"move {_database.Path}-wal to {renamed}-wal.");
        }

        File.Move(_database.Path + "-wal", renamed + "-wal", overwrite: true);
        await using var whole = new SqlStore(SqliteDatabase.ForStore(renamed));
        (await whole.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();
        (await whole.FindFixedAsync("answer", Token)).ShouldBe("42");
    }

    [Fact]
    public async Task A_check_keeps_no_node_from_its_file()
    {
        await using var looking = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        (await looking.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();

        (await store.Nodes.EnterAsync(Node("first"), TimeSpan.FromMinutes(1), Token)).IsFounder.ShouldBeTrue();
        (await looking.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull("it is used under the same name, which a check is told elsewhere");
    }

    [Theory]
    [InlineData("topic_type varchar(64) COLLATE NOCASE NOT NULL, PRIMARY KEY (topic_type, topic_id, stat_date)", "NOCASE")]
    [InlineData("topic_type text COLLATE rtrim NOT NULL, UNIQUE (topic_type, topic_id, stat_date)", "rtrim")]
    [InlineData("topic_type text COLLATE NOCASE NOT NULL, UNIQUE (topic_type COLLATE BINARY, topic_id, stat_date)", "NOCASE")]
    [InlineData("topic_type text NOT NULL, UNIQUE (topic_type COLLATE NOCASE, topic_id, stat_date)", "NOCASE")]
    public async Task A_table_whose_topic_types_are_not_all_told_apart_is_refused_by_name(string key, string collation)
    {
        await _database.ExecuteAsync($"CREATE TABLE data_load_bear (topic_id int NOT NULL, stat_date date NOT NULL, {key})");
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));

        string unfit = (await store.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldNotBeNull();

        unfit.ShouldContain("'data_load_bear' has a column 'topic_type'");
        unfit.ShouldContain($"collation {collation}, by which different topics are one row");
        unfit.ShouldContain("COLLATE BINARY");
        Page page = Catalog.Default.Pages.Single(page => page.Table is "data_load_bear");
        (await Should.ThrowAsync<StoreException>(async () => await store.Statistics.EnsureTableAsync(page, Token))).Message.ShouldBe(unfit);
    }

    [Fact]
    public async Task A_database_that_is_not_there_and_one_of_the_stores_own_keep_what_is_exact()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();
        File.Exists(_database.Path).ShouldBeFalse();

        await store.MigrateAsync(Token);
        foreach (Page page in Catalog.Default.Pages)
        {
            await store.Statistics.EnsureTableAsync(page, Token);
        }

        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_journal_that_is_missing_beside_a_store_is_named_and_not_made_anew()
    {
        await using (var first = new SqlStore(SqliteDatabase.ForStore(_database.Path)))
        {
            await first.MigrateAsync(Token);
        }

        string journal = _database.Sibling("dataload-journal.db");
        File.Delete(journal);
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);

        (await store.CheckJournalAsync(Token))!.ShouldContain("restore it from the backup");
        File.Exists(journal).ShouldBeFalse();
    }

    [Fact]
    public async Task A_store_of_the_first_release_is_refused_with_the_remedy_and_what_it_forgets()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE dataload_migration (number INTEGER PRIMARY KEY, applied_at TEXT NOT NULL);
            INSERT INTO dataload_migration VALUES (1, ''), (2, '');
            CREATE TABLE dataload_checkpoint (shard_id INTEGER PRIMARY KEY, seq_nr INTEGER NOT NULL, baseline_seq_nr INTEGER NOT NULL)
            """);
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));

        string refused = (await Should.ThrowAsync<StoreException>(async () => await store.MigrateAsync(Token))).Message;

        refused.ShouldContain("adopt-existing-rows = true");
        refused.ShouldContain("forgets the identities");
        (await store.CheckSchemaAsync(Token)).ShouldBe(refused);
        File.Exists(_database.Sibling("dataload-journal.db")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_to_the_file_leads_to_the_same_lock()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        await store.Nodes.EnterAsync(Place("a"), TimeSpan.FromHours(1), Token);
        string link = _database.Sibling("link.db");
        File.CreateSymbolicLink(link, _database.Path);
        await using var linked = new SqlStore(SqliteDatabase.ForStore(link));

        (await Should.ThrowAsync<StoreException>(async () => await linked.Nodes.EnterAsync(Place("b"), TimeSpan.FromHours(1), Token)))
            .Message.ShouldContain("Node a runs over");
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        await store.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(async () => await store.PingAsync(Token));
        await Should.ThrowAsync<ObjectDisposedException>(async () => await store.FixAsync("a", "b", Token));
    }

    [Fact]
    public async Task The_business_tables_may_be_in_the_stores_file()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(Token);
        await _database.ExecuteAsync("CREATE TABLE shop (id INTEGER PRIMARY KEY, n int); INSERT INTO shop VALUES (1, 5)");
        await using var lookup = new SqlLookup(SqliteDatabase.ForReading(_database.Path));
        var step = new LookupStep { Name = "shop", Key = LookupKey.Message("recordId"), Columns = [new("n", ColumnKind.Int32)] };
        var rows = new LookupRows(step);

        await lookup.QueryAsync("SELECT id, n FROM shop WHERE id = ANY(@keys)", step, new[] { 1 }, rows, Token);

        rows.Number(0, 0).ShouldBe(5);
        (await store.FixAsync("a", "b", Token)).ShouldBe("b");
    }

    [Theory]
    [InlineData("SELECT 1 WHERE id = ANY(@keys)")]
    [InlineData("SELECT 1 WHERE id=any(@keys)")]
    [InlineData("SELECT 1 WHERE id =\n ANY ( @KEYS )")]
    [InlineData("SELECT 1 WHERE id = ANY(@keys::int[])")]
    public void Any_of_the_keys_becomes_a_list_of_json(string query) =>
        SqliteDatabase.Rewrite(query).ShouldBe("SELECT 1 WHERE id IN (SELECT value FROM json_each(@keys))");

    private static NodePlace Place(string id) => new(new NodeInfo(id, "", ""), "akka.tcp://dataload@127.0.0.1:1", Uid: 1, NodeProtocol.Current);

    private static SnapshotWrite Snapshot(long epoch, byte key, int bytes) => new(1, epoch, SnapshotKind.Counter, [key], 1, new byte[bytes]);

    private static NodePlace Node(string id) => new(new NodeInfo(id, "http://127.0.0.1:1", "secret"), $"akka.tcp://dataload@127.0.0.1:1", 1, NodeProtocol.Current);
}
