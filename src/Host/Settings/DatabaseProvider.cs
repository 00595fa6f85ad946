namespace DataLoad.Host.Settings;

/// <summary>The kinds of database.</summary>
public enum DatabaseProvider
{
    /// <summary>A file.</summary>
    Sqlite = 0,

    /// <summary>A server.</summary>
    PostgreSql = 1,
}
