namespace DataLoad.Host.Hocon;

/// <summary>One setting as it is in force.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Value">Its value as text, a secret masked; <c>{}</c> and <c>[]</c> for what is empty.</param>
/// <param name="Origin">Where it was written, or the environment variable it came from.</param>
public sealed record HoconEffectiveSetting(string Path, string Value, HoconOrigin Origin);
