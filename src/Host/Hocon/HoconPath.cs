using System.Text;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon;

/// <summary>Paths of settings: elements separated by dots, an element in quotes keeping its own dots.</summary>
public static class HoconPath
{
    /// <summary>The elements of <paramref name="path"/>: <c>a."b.c"</c> gives <c>a</c> and <c>b.c</c>.</summary>
    /// <exception cref="HoconException">The path is empty, has an empty element, or is not one path.</exception>
    public static IReadOnlyList<string> Parse(string path)
    {
        var scanner = new HoconScanner(path, $"path \"{HoconToken.Shorten(path)}\"");
        var builder = new HoconPathBuilder(HoconLimits.Default.MaxDepth);
        while (true)
        {
            HoconToken token = scanner.Next();
            if (token.Kind == HoconTokenKind.End)
            {
                return builder.Finish(token);
            }

            builder.Add(token);
        }
    }

    /// <summary>The path of <paramref name="elements"/>, quoting those that need it; reads back with <see cref="Parse"/>.</summary>
    public static string Render(IEnumerable<string> elements) => string.Join('.', elements.Select(Quote));

    /// <summary><paramref name="element"/> as one element of a path, in quotes when it holds anything but letters, digits, '-' and '_'.</summary>
    public static string Quote(string element)
    {
        if (element.Length > 0 && element.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_'))
        {
            return element;
        }

        var text = new StringBuilder("\"");
        foreach (char c in element)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case < ' ' or '\u007f':
                    text.Append("\\u").Append(((int)c).ToString("x4"));
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        return text.Append('"').ToString();
    }

    internal static string Join(string parent, string element) => parent.Length == 0 ? Quote(element) : parent + "." + Quote(element);
}
