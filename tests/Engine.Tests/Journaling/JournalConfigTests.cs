using DataLoad.Engine.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>What Akka.Persistence is told of the database.</summary>
public sealed class JournalConfigTests
{
    [Theory]
    [InlineData("Data Source=/srv/größe 日本/store-journal.db")]
    [InlineData("Host=h;Password=\"a+b&c'd<e>\\f\"\"g$h{i}#j\tk=l\"")]
    [InlineData("Host=h;Password=${?HOME}//x")]
    public void A_connection_string_reaches_the_journal_as_it_is_whatever_characters_it_has(string connectionString)
    {
        Akka.Configuration.Config config = JournalConfig.For("PostgreSQL", connectionString);

        config.GetString("akka.persistence.journal.sql.connection-string").ShouldBe(connectionString);
        config.GetString("akka.persistence.query.journal.sql.connection-string").ShouldBe(connectionString);
    }
}
