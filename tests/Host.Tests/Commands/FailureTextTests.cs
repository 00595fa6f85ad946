using DataLoad.Host.Commands.Checking;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class FailureTextTests
{
    [Theory]
    [InlineData(PostgresErrorCodes.TooManyConnections, "sorry, too many clients already",
        "grants no connection: sorry, too many clients already. Raise max_connections or the CONNECTION LIMIT of the role or database, or end what holds them.")]
    [InlineData(PostgresErrorCodes.CannotConnectNow, "the database system is starting up", "takes none yet: the database system is starting up. Try again in a moment.")]
    [InlineData(PostgresErrorCodes.InvalidPassword, "password authentication failed for user \"x\"",
        "refuses: password authentication failed for user \"x\". Correct dataload.store.connection, or the rights of its user.")]
    public void A_server_that_refuses_is_told_with_what_mends_it(string code, string message, string said) =>
        FailureText.OfDatabase(new PostgresException(message, "FATAL", "FATAL", code), "dataload.store.connection").ShouldBe(said);
}
