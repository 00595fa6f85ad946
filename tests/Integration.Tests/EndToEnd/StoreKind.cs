namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Where a scenario keeps its store and its business rows.</summary>
public enum StoreKind
{
    /// <summary>Two files.</summary>
    Sqlite,

    /// <summary>Two databases of the shared server.</summary>
    PostgreSql,
}
