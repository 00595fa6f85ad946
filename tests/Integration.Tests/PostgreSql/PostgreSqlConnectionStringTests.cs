using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlConnectionStringTests
{
    [Theory]
    [InlineData("postgresql://u:p@h:6543/d", "h", 6543, "u", "p", "d")]
    [InlineData("postgres://u@h/d", "h", 5432, "u", null, "d")]
    [InlineData("POSTGRESQL://u:p@h", "h", 5432, "u", "p", null)]
    [InlineData("postgresql://u%40x:p%2F%3A%3F%25@h/d%20e", "h", 5432, "u@x", "p/:?%", "d e")]
    [InlineData("postgresql://u:p:q@h/d", "h", 5432, "u", "p:q", "d")]
    [InlineData("postgresql://u:a@b@h/d", "h", 5432, "u", "a@b", "d")]
    [InlineData("postgresql://u:%C3%A9%F0%9F%90%98é@h/d", "h", 5432, "u", "é🐘é", "d")]
    [InlineData("postgresql://[::1]:6543/d", "::1", 6543, null, null, "d")]
    [InlineData("postgresql://[::1]/d", "::1", 5432, null, null, "d")]
    [InlineData("postgresql://%2Fvar%2Frun/d", "/var/run", 5432, null, null, "d")]
    [InlineData("postgresql:///d?host=h&port=6543&user=u&password=p", "h", 6543, "u", "p", "d")]
    [InlineData("postgresql://h?dbname=d", "h", 5432, null, null, "d")]
    [InlineData("  Host=h;Port=6543;Username=u;Password=p;Database=d ", "h", 6543, "u", "p", "d")]
    [InlineData("Server=h;User Id=u;Password='a;b'", "h", 5432, "u", "a;b", null)]
    public void A_connection_string_is_read(string text, string host, int port, string? user, string? password, string? database)
    {
        NpgsqlConnectionStringBuilder read = PostgreSqlConnectionString.Parse(text);
        (read.Host, read.Port, read.Username, read.Password, read.Database).ShouldBe((host, port, user, password, database));
        read.GssEncryptionMode.ShouldBe(GssEncryptionMode.Disable);
    }

    [Theory]
    [InlineData("disable", SslMode.Disable)]
    [InlineData("allow", SslMode.Allow)]
    [InlineData("prefer", SslMode.Prefer)]
    [InlineData("require", SslMode.Require)]
    [InlineData("verify-ca", SslMode.VerifyCA)]
    [InlineData("verify-full", SslMode.VerifyFull)]
    public void An_sslmode_is_read(string text, SslMode mode) =>
        PostgreSqlConnectionString.Parse($"postgresql://h/d?sslmode={text}").SslMode.ShouldBe(mode);

    [Fact]
    public void Known_parameters_are_read()
    {
        NpgsqlConnectionStringBuilder read = PostgreSqlConnectionString.Parse(
            "postgresql://h1:1,h2:2/d?application_name=me&options=-c%20geqo%3Doff&connect_timeout=7&keepalives=1"
            + "&keepalives_idle=9&target_session_attrs=primary&Maximum%20Pool%20Size=3&sslrootcert=/ca.pem&gssencmode=prefer");
        read.Host.ShouldBe("h1:1,h2:2");
        read.ApplicationName.ShouldBe("me");
        read.Options.ShouldBe("-c geqo=off");
        read.Timeout.ShouldBe(7);
        read.TcpKeepAlive.ShouldBeTrue();
        read.TcpKeepAliveTime.ShouldBe(9);
        read.TargetSessionAttributes.ShouldBe("primary");
        read.MaxPoolSize.ShouldBe(3);
        read.RootCertificate.ShouldBe("/ca.pem");
        read.GssEncryptionMode.ShouldBe(GssEncryptionMode.Prefer);
    }

    [Theory]
    [InlineData("postgresql://u:hidden@h/d?colour=red", "colour")]
    [InlineData("postgresql://u:hidden@h/d?sslmode=maybe", "sslmode")]
    [InlineData("postgresql://u:hidden@h:port/d", "port")]
    [InlineData("postgresql://u:hidden@h:70000/d", "port")]
    [InlineData("postgresql://u:hidden%4@h/d", "password")]
    [InlineData("postgresql://u:hidden@h/d?connect_timeout=soon", "Timeout")]
    [InlineData("postgresql://u:hidden@h/d?hidden", "name=value")]
    [InlineData("postgresql://u:hidden@/d", "host")]
    [InlineData("Host=h;Colour=red;Password=hidden", "colour")]
    [InlineData("Host=h;Password=un;hidden=red", "in quotes")]
    [InlineData("postgresql://u:12/hidden@h/d", "'/' is written as %2F")]
    [InlineData("postgresql://u:12?hidden@h/d", "'?' as %3F")]
    [InlineData("postgresql://u:a@b/hidden@h/d", "'/' is written as %2F")]
    [InlineData("postgresql://u:12?hidden=1", "unknown")]
    [InlineData("Host=h;Password=hidden;Port=many", "port")]
    [InlineData("Password=hidden", "host")]
    [InlineData("hidden", "Host=")]
    [InlineData("Host=h;Password='hidden", "Host=")]
    public void What_cannot_be_read_is_named_without_secrets(string text, string named)
    {
        StoreException error = Should.Throw<StoreException>(() => PostgreSqlConnectionString.Parse(text));
        error.Message.ShouldContain(named);
        error.ToString().ShouldNotContain("hidden");
    }

    [Theory]
    [InlineData("postgresql://u:hidden@h/d", "PostgreSQL h:5432/d")]
    [InlineData("postgresql://u:hidden@h1:1,h2/d", "PostgreSQL h1:1,h2:5432/d")]
    [InlineData("Host=h;Port=1;Username=u;Password=hidden", "PostgreSQL h:1/u")]
    public async Task A_name_holds_no_secrets(string text, string name)
    {
        await using var store = new SqlStore(PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = text }));
        store.Name.ShouldBe(name);
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = text }));
        lookup.Name.ShouldBe(name);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = "Host=h" };
        Should.Throw<StoreException>(() =>
            new SqlStore(PostgreSqlDatabase.ForStore(options with { CommandTimeout = TimeSpan.Zero }))).Message.ShouldContain("CommandTimeout");
        Should.Throw<StoreException>(() =>
            new SqlStore(PostgreSqlDatabase.ForStore(options with { MaxConnections = 1 }))).Message.ShouldContain("MaxConnections");
    }
}
