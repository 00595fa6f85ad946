using DataLoad.Engine.Contract;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlSchemaTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_check_says_what_is_wrong_and_changes_nothing()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);

        (await store.CheckSchemaAsync(Some.None))!.ShouldContain("no DataLoad tables");
        (await TestDatabase.ExecuteAsync(connectionString, "SELECT to_regclass('dataload_migration') IS NULL")).ShouldBe(true);

        await store.MigrateAsync(Some.None);
        (await store.CheckSchemaAsync(Some.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Nodes_that_migrate_at_once_do_it_once()
    {
        string connectionString = await database.CreateSchemaAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using SqlStore store = TestDatabase.Open(connectionString);
            await store.MigrateAsync(Some.None);
            foreach (Page page in Catalog.Default.Pages)
            {
                await store.Statistics.EnsureTableAsync(page, Some.None);
            }
        }));
        (await TestDatabase.ExecuteAsync(connectionString, "SELECT count(*) FROM dataload_migration")).ShouldBe(2L);
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        await TestDatabase.ExecuteAsync(connectionString, "INSERT INTO dataload_migration VALUES (9999, 'later')");

        (await Should.ThrowAsync<StoreException>(() => store.MigrateAsync(Some.None).AsTask())).Message.ShouldContain("9999");
        (await store.CheckSchemaAsync(Some.None))!.ShouldContain("9999");
    }

    [Fact]
    public async Task A_role_that_may_not_create_tables_is_told_the_remedy()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using TestRole role = await TestRole.CreateAsync(connectionString, "SELECT");
        await using SqlStore store = TestDatabase.Open(role.ConnectionString);
        (await Should.ThrowAsync<StoreException>(() => store.MigrateAsync(Some.None).AsTask())).Message.ShouldContain("Grant it CREATE");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("read-write")]
    [InlineData("prefer-standby")]
    public async Task Of_several_hosts_one_that_answers_is_used(string? target)
    {
        var builder = new NpgsqlConnectionStringBuilder(await database.CreateSchemaAsync());
        builder.Host = $"{builder.Host}:1,{builder.Host}:{builder.Port}";
        builder.TargetSessionAttributes = target;
        await using SqlStore store = TestDatabase.Open(builder.ConnectionString, "hosts");
        await store.MigrateAsync(Some.None);
        (await Some.EpochAsync(store, "hosts", 1)).ShouldBe(1);
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = builder.ConnectionString }));
        await lookup.PingAsync(Some.None);
    }

    [Fact]
    public async Task A_single_host_may_be_asked_for_a_kind_of_session()
    {
        var builder = new NpgsqlConnectionStringBuilder(await database.CreateSchemaAsync()) { TargetSessionAttributes = "primary" };
        await using SqlStore store = TestDatabase.Open(builder.ConnectionString);
        await store.PingAsync(Some.None);
    }
}
