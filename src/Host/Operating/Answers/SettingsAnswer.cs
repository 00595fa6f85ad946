namespace DataLoad.Host.Operating.Answers;

/// <summary>Effective settings.</summary>
internal sealed record SettingsAnswer(IReadOnlyList<SettingsAnswer.Setting> Settings)
{
    /// <summary>A setting.</summary>
    internal sealed record Setting(string Path, string Value, string Origin);
}
