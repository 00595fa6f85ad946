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

        IEnumerable<string> characters = element.Select(static c => c switch
        {
            '"' or '\\' => $"\\{c}",
            < ' ' or '\u007f' => $"\\u{(int)c:x4}",
            _ => c.ToString(),
        });
        return $"\"{string.Concat(characters)}\"";
    }

    internal static string Join(string parent, string element) => parent.Length == 0 ? Quote(element) : parent + "." + Quote(element);
}
