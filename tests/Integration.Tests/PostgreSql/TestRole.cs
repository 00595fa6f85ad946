using Npgsql;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>A role with few rights on the tables of a schema, dropped at the end.</summary>
internal sealed class TestRole : IAsyncDisposable
{
    private readonly string _owner;
    private readonly string _name = $"dataload_role_{Guid.NewGuid():N}";

    private TestRole(string owner) => _owner = owner;

    public string Name => _name;

    public string ConnectionString { get; set; } = "";

    /// <summary>Makes a role with a right on all tables that the schema has now.</summary>
    public static async Task<TestRole> CreateAsync(string connectionString, string right)
    {
        var role = new TestRole(connectionString);
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        await TestDatabase.ExecuteAsync(
            connectionString,
            $"""
            CREATE ROLE {role._name} LOGIN PASSWORD 'role';
            GRANT USAGE ON SCHEMA {builder.SearchPath} TO {role._name};
            GRANT {right} ON ALL TABLES IN SCHEMA {builder.SearchPath} TO {role._name}
            """);
        builder.Username = role._name;
        builder.Password = "role";
        role.ConnectionString = builder.ConnectionString;
        return role;
    }

    public async ValueTask DisposeAsync() => await TestDatabase.ExecuteAsync(_owner, $"DROP OWNED BY {_name}; DROP ROLE {_name}");
}
