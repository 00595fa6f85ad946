using DataLoad.Host.Hocon.Resolving;

namespace DataLoad.Host.Hocon;

/// <summary>Lists the leaves of a configuration. Nesting is bounded by what the resolver lets through.</summary>
internal static class HoconListing
{
    /// <summary>The leaves of <paramref name="root"/>, whose path is <paramref name="path"/>.</summary>
    public static IReadOnlyList<HoconEffectiveSetting> Of(string path, HoconNode root, Func<string, bool> isSecret)
    {
        var settings = new List<HoconEffectiveSetting>();
        Add(path, root, isSecret, isInSecret: false, settings);
        return settings;
    }

    private static void Add(string path, HoconNode node, Func<string, bool> isSecret, bool isInSecret, List<HoconEffectiveSetting> settings)
    {
        // A secret list or object hides all below it.
        isInSecret = isInSecret || (path.Length > 0 && isSecret(path));
        switch (node)
        {
            case HoconObjectNode { Fields.Count: > 0 } o:
                foreach ((string key, HoconNode value) in o.Fields)
                {
                    Add(HoconPath.Join(path, key), value, isSecret, isInSecret, settings);
                }

                break;
            case HoconArrayNode { Items.Count: > 0 } array:
                for (int i = 0; i < array.Items.Count; i++)
                {
                    Add($"{path}[{i}]", array.Items[i], isSecret, isInSecret, settings);
                }

                break;
            case HoconScalarNode scalar:
                settings.Add(new HoconEffectiveSetting(path, isInSecret ? HoconSecrets.Mask : HoconSecrets.MaskEmbedded(scalar.Text), scalar.Origin));
                break;
            case var _ when path.Length > 0:
                settings.Add(new HoconEffectiveSetting(path, node is HoconArrayNode ? "[]" : "{}", node.Origin));
                break;
        }
    }
}

/// <summary>One setting as it is in force.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Value">Its value as text, a secret masked; <c>{}</c> and <c>[]</c> for what is empty.</param>
/// <param name="Origin">Where it was written, or the environment variable it came from.</param>
public sealed record HoconEffectiveSetting(string Path, string Value, HoconOrigin Origin);
