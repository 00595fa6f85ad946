namespace DataLoad.Host.Api;

/// <summary>Something was done.</summary>
internal sealed record OperationResult(bool Done, long ElapsedMs);

/// <summary>A page of the audit log.</summary>
internal sealed record AuditPage(IReadOnlyList<AuditPage.Entry> Entries, long? Next)
{
    /// <summary>An entry.</summary>
    internal sealed record Entry(long Id, long At, string Node, string Actor, string Action, string Target, string Detail, string Outcome);
}

/// <summary>Effective settings.</summary>
internal sealed record SettingList(IReadOnlyList<SettingList.Setting> Settings)
{
    /// <summary>A setting.</summary>
    internal sealed record Setting(string Path, string Value, string Origin);
}

/// <summary>What is logged.</summary>
internal sealed record LogLevelList(string Default, IReadOnlyDictionary<string, string> Categories);

/// <summary>A change of what is logged.</summary>
internal sealed record LogLevelChange(string? Category, string? Level);
