using System.Text.RegularExpressions;

namespace DataLoad.Host.Hocon;

/// <summary>Keeps secrets out of listings and messages.</summary>
public static partial class HoconSecrets
{
    /// <summary>What a secret is shown as.</summary>
    public const string Mask = "***";

    private static readonly string[] SecretWords = ["password", "passwd", "secret", "token", "credential", "apikey", "api-key"];

    /// <summary>Whether the last element of <paramref name="path"/> speaks of a password, secret, token, credential or API key.</summary>
    public static bool IsSecret(string path)
    {
        ReadOnlySpan<char> key = path.AsSpan(path.LastIndexOf('.') + 1);
        foreach (string word in SecretWords)
        {
            if (key.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><paramref name="value"/> with the password of a URL (<c>amqp://user:***@host</c>) or of a connection string (<c>Password=***</c>)
    /// masked.</summary>
    public static string MaskEmbedded(string value) => PasswordField().Replace(UserInfo().Replace(value, "$1" + Mask + "$2"), "$1" + Mask);

    // Up to the last '@', for a password may hold one, or a '/' that should have been escaped. Rather too much than too little.
    [GeneratedRegex("(://[^/:@\\s]*:)\\S*(@)", RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();

    [GeneratedRegex("(\\b(?:password|passwd|pwd)\\s*=\\s*)[^;&\\s]+", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex PasswordField();
}
