using System.Text;
using System.Text.RegularExpressions;
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
                settings.Add(new HoconEffectiveSetting(path, isInSecret ? HoconSecrets.Hide(scalar.Text, scalar.IsNull) : HoconSecrets.MaskEmbedded(scalar.Text), scalar.Origin));
                break;
            case var _ when path.Length > 0:
                settings.Add(new HoconEffectiveSetting(path, node is HoconArrayNode ? "[]" : "{}", node.Origin));
                break;
        }
    }
}

/// <summary>One setting as it is in force: its full path, its value as text (a secret masked; <c>{}</c> and <c>[]</c> for what is empty), and where it was
/// written, or the environment variable it came from.</summary>
public sealed record HoconEffectiveSetting(string Path, string Value, HoconOrigin Origin);

/// <summary>Keeps secrets out of listings and messages.</summary>
public static partial class HoconSecrets
{
    /// <summary>What a secret is shown as.</summary>
    public const string Mask = "***";

    /// <summary>What a secret is shown as that is not set: whoever looks for a token must see that there is none.</summary>
    public const string None = "(none)";

    private static readonly string[] SecretWords = ["password", "passwd", "secret", "token", "credential", "apikey", "api-key"];

    /// <summary>Whether the last element of <paramref name="path"/> speaks of a password, secret, token, credential or API key.</summary>
    public static bool IsSecret(string path)
    {
        string key = path[(path.LastIndexOf('.') + 1)..];
        return SecretWords.Any(word => key.Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A secret as it is shown: masked, or as one that is not set.</summary>
    public static string Hide(string value, bool isNull) => isNull || value.Length == 0 ? None : Mask;

    /// <summary><paramref name="value"/> with the password of a URL (<c>amqp://user:***@host</c>) or of a connection string (<c>Password=***</c>)
    /// masked.</summary>
    public static string MaskEmbedded(string value)
    {
        string text = UserInfo().Replace(value, "$1" + Mask + "$2");
        var masked = new StringBuilder();
        int from = 0;
        for (Match field = PasswordField().Match(text); field.Success; field = PasswordField().Match(text, from))
        {
            int start = field.Index + field.Length;
            masked.Append(text, from, start - from).Append(Mask);
            from = start + LengthOfPassword(text, field.Index, start);
        }

        return masked.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>How long a field's value is at the most.</summary>
    private static int LengthOfPassword(string text, int field, int start)
    {
        string password = text[start..];
        if (password.Length > 0 && password[0] is '"' or '\'')
        {
            // In quotes it holds what it likes, the quote twice.
            int end = 1;
            for (; end < password.Length && (password[end] != password[0] || (end + 1 < password.Length && password[end + 1] == password[0])); end++)
            {
                end += password[end] == password[0] ? 1 : 0;
            }

            return Math.Min(end + 1, password.Length);
        }

        // A parameter of a URL ends before the next one; in a connection string '&' is a character as any. Npgsql drops what has no value and is no keyword:
        // a ';' that was to be part of the password.
        int separator = text.AsSpan(0, field).LastIndexOfAny('?', '&', ';');
        Match next = separator >= 0 && text[separator] != ';' ? NextParameter().Match(password) : NextKeyword().Match(password);
        return next.Success ? next.Index : password.Length;
    }

    /// <summary>Whether a text is a connection string with a password in it.</summary>
    public static bool HoldsPassword(string value) => PasswordField().IsMatch(value);

    // Up to the last '@', for a password may hold one, a space, or a '/' that should have been escaped. Rather too much than too little.
    [GeneratedRegex("(://[^/:@\\s]*:).*(@)", RegexOptions.NonBacktracking | RegexOptions.Singleline)]
    private static partial Regex UserInfo();

    [GeneratedRegex("(?:password|passwd|pwd|psw)\\s*=\\s*", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex PasswordField();

    [GeneratedRegex("&", RegexOptions.NonBacktracking)]
    private static partial Regex NextParameter();

    [GeneratedRegex(";\\s*[A-Za-z][A-Za-z0-9_ ]*=\\s*[^;\\s]", RegexOptions.NonBacktracking)]
    private static partial Regex NextKeyword();
}
