using System.Globalization;
using System.Text;

namespace DataLoad.Demo;

/// <summary>A field of a body: its name, and all the ways in which its one value may be written.</summary>
/// <param name="Name">The name, exactly.</param>
/// <param name="Writings">JSON literals that mean the same; null is to leave the field out.</param>
public sealed record JsonField(string Name, IReadOnlyList<string?> Writings)
{
    /// <summary>An integer: bare, or as a JSON string, perhaps signed.</summary>
    public static JsonField Int(string name, long value)
    {
        var digits = value.ToString(CultureInfo.InvariantCulture);
        return new JsonField(name, [digits, digits, digits, $"\"{digits}\"", value < 0 ? digits : $"\"+{digits}\""]);
    }

    /// <summary>A string; one that is a number may also be written as that number.</summary>
    public static JsonField Text(string name, string value)
    {
        List<string?> writings = [Quoted(value, escapeAll: false), Quoted(value, escapeAll: false), Quoted(value, escapeAll: true)];
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture).Equals(value, StringComparison.Ordinal))
        {
            writings.Add(value);
        }

        return new JsonField(name, writings);
    }

    /// <summary>A field that says nothing: left out, null, or one of these literals.</summary>
    public static JsonField Silent(string name, params string[] literals) => new(name, [null, null, null, "null", .. literals]);

    /// <summary>A text as a JSON string; all beyond letters and digits escaped where asked for.</summary>
    public static string Quoted(string value, bool escapeAll)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var unit in value)
        {
            if (unit is '"' or '\\')
            {
                text.Append('\\').Append(unit);
            }
            else if (unit < ' ' || (escapeAll && !char.IsAsciiLetterOrDigit(unit)))
            {
                text.Append("\\u").Append(((int)unit).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(unit);
            }
        }

        return text.Append('"').ToString();
    }
}
