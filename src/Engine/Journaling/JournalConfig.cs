using System.Text.Json;
using Akka.Configuration;
using Akka.Persistence.Sql;

namespace DataLoad.Engine.Journaling;

/// <summary>The settings of Akka.Persistence.Sql for a database, over <c>hocon/akka.conf</c>, where each key that the engine rests on is explained.</summary>
public static class JournalConfig
{
    /// <summary>The HOCON path of the write journal.</summary>
    public const string WritePlugin = "akka.persistence.journal.sql";

    /// <summary>The HOCON path of the read journal, for <c>PersistenceQuery.ReadJournalFor</c>.</summary>
    public const string ReadPlugin = "akka.persistence.query.journal.sql";

    private const string Resource = "akka.conf";

    /// <summary>What <c>hocon/akka.conf</c>, which is built in, says, over the plugin's own settings, which Akka does not know by itself.</summary>
    public static Config Defaults { get; } = ReadDefaults();

    /// <summary>The settings for a database, to be laid over <see cref="Defaults"/> or over what a user's file made of them.</summary>
    /// <param name="provider">linq2db's name of the database, as in <c>PostgreSQL.15</c>.</param>
    /// <param name="connectionString">The driver's connection string; its command time-out is to be shorter than the breaker's call time-out.</param>
    public static Config For(string provider, string connectionString)
    {
        string connection = $"{{ provider-name = {Quoted(provider)}, connection-string = {Quoted(connectionString)} }}";
        string oneWriter = provider.StartsWith("SQLite", StringComparison.Ordinal) ? $"{WritePlugin}.parallelism = 1" : "";
        return ConfigurationFactory.ParseString($"""
            {WritePlugin} {connection}
            {ReadPlugin} {connection}
            {oneWriter}
            """);
    }

    /// <summary>A HOCON string that holds any characters.</summary>
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private static Config ReadDefaults()
    {
        using Stream stream = typeof(JournalConfig).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program was built without its resource {Resource}.");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd()).WithFallback(SqlPersistence.DefaultConfiguration);
    }
}
