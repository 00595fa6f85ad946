using System.Text;

namespace DataLoad.Engine.Decoding;

/// <summary>What a <c>topicType</c> may be: it is half of a statistics row's primary key, a <c>varchar(64)</c>.</summary>
internal static class TopicTypeRule
{
    /// <summary>The most code points.</summary>
    public const int MaxCodePoints = 64;

    /// <summary>Null for one that may be counted, an empty one too; else what was expected, as the end of a sentence.</summary>
    /// <param name="text">UTF-8, in which an unpaired surrogate may stand as three bytes.</param>
    public static string? Broken(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0))
        {
            return "no NUL character in it";
        }

        if (Ascii.IsValid(text))
        {
            return text.Length <= MaxCodePoints ? null : TooLong(text.Length);
        }

        if (Wtf8.HasSurrogate(text))
        {
            return "no lone surrogate in it";
        }

        int count = Wtf8.CountCodePoints(text);
        return count <= MaxCodePoints ? null : TooLong(count);
    }

    private static string TooLong(int count) => $"at most {MaxCodePoints} characters, not {count}";
}
