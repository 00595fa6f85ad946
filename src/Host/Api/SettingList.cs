namespace DataLoad.Host.Api;

/// <summary>Effective settings.</summary>
internal sealed record SettingList(IReadOnlyList<SettingList.Setting> Settings)
{
    /// <summary>A setting.</summary>
    internal sealed record Setting(string Path, string Value, string Origin);
}
