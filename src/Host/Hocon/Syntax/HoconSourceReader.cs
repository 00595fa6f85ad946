namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Reads the files of a configuration within the limits, which hold over all of them.</summary>
internal sealed class HoconSourceReader(HoconLimits limits)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _totalChars;
    private int _included;

    public HoconLimits Limits { get; } = limits;

    /// <summary>A text that is not in a file.</summary>
    public HoconSource FromText(string text, string name)
    {
        Count(text.Length, HoconOrigin.File(name));
        return new HoconSource(name, text, FullPath: null, IncludedBy: null, Depth: 0);
    }

    /// <summary>A file named by the user.</summary>
    public HoconSource FromFile(string name)
    {
        string path = FullPath(name, HoconOrigin.File(name));
        return new HoconSource(name, Read(path, HoconOrigin.File(name), "configuration file"), path, IncludedBy: null, Depth: 0);
    }

    /// <summary>The files an include statement names: none when they are missing and not required.</summary>
    public IReadOnlyList<HoconSource> Include(HoconSource by, HoconInclude include)
    {
        if (by.FullPath is null && !Path.IsPathRooted(include.Name))
        {
            throw new HoconException(
                include.Origin, $"include \"{HoconToken.Shorten(include.Name)}\": {by.Name} is not a file, so there is nothing it could be relative to");
        }

        // A name without extension stands for both formats; what the .conf says wins.
        string[] names = Path.HasExtension(include.Name) ? [include.Name] : [include.Name, include.Name + ".json", include.Name + ".conf"];
        var sources = new List<HoconSource>();
        foreach (string name in names)
        {
            string path = FullPath(Path.Combine(Path.GetDirectoryName(by.FullPath) ?? "", name), include.Origin);
            if (File.Exists(path))
            {
                sources.Add(Open(by, include, name, path));
            }
        }

        return sources.Count > 0 || !include.IsRequired
            ? sources
            : throw new HoconException(include.Origin, $"include required(\"{HoconToken.Shorten(include.Name)}\"): there is no such file beside {by.Name}");
    }

    private HoconSource Open(HoconSource by, HoconInclude include, string name, string path)
    {
        for (HoconSource? outer = by; outer is not null; outer = outer.IncludedBy)
        {
            if (string.Equals(outer.FullPath, path, StringComparison.Ordinal))
            {
                throw new HoconException(include.Origin, $"include \"{HoconToken.Shorten(name)}\": the file includes itself ({Chain(by, outer)})");
            }
        }

        if (by.Depth >= Limits.MaxIncludeDepth || ++_included > Limits.MaxIncludedFiles)
        {
            throw new HoconException(include.Origin, $"include \"{HoconToken.Shorten(name)}\": too many includes (at most {Limits.MaxIncludeDepth} one inside "
                + $"the other, {Limits.MaxIncludedFiles} altogether)");
        }

        string display = Path.Combine(Path.GetDirectoryName(by.Name) ?? "", name);
        return new HoconSource(display, Read(path, include.Origin, $"include \"{HoconToken.Shorten(name)}\""), path, by, by.Depth + 1);
    }

    private static string Chain(HoconSource by, HoconSource from)
    {
        List<string> names = [from.Name, from.Name];
        for (HoconSource? source = by; source is not null && source != from; source = source.IncludedBy)
        {
            names.Insert(1, source.Name);
        }

        return string.Join(" includes ", names);
    }

    private static string FullPath(string name, HoconOrigin origin)
    {
        try
        {
            return Path.GetFullPath(name);
        }
        catch (Exception e) when (e is ArgumentException or IOException or NotSupportedException)
        {
            throw new HoconException(origin, $"\"{HoconToken.Shorten(name)}\" is not a file name", e);
        }
    }

    private string Read(string path, HoconOrigin origin, string what)
    {
        try
        {
            using var reader = new StreamReader(path, StrictUtf8, detectEncodingFromByteOrderMarks: false);

            // Not by the length of the file, which a device or a pipe does not tell.
            var text = new StringBuilder();
            char[] buffer = new char[16 * 1024];
            int read;
            while ((read = reader.Read(buffer)) > 0)
            {
                text.Append(buffer.AsSpan(0, read));
                CheckFileChars(text.Length, origin);
            }

            Count(text.Length, origin);
            return text.ToString();
        }
        catch (DecoderFallbackException e)
        {
            throw new HoconException(origin, $"{what}: {HoconToken.Shorten(path)} is not UTF-8 text", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoconException(origin, $"{what} cannot be read: {e.Message}", e);
        }
    }

    private void CheckFileChars(int chars, HoconOrigin origin)
    {
        if (chars > Limits.MaxFileChars)
        {
            throw new HoconException(origin, $"a configuration file may have at most {Limits.MaxFileChars} characters");
        }
    }

    private void Count(int chars, HoconOrigin origin)
    {
        CheckFileChars(chars, origin);
        _totalChars += chars;
        if (_totalChars > Limits.MaxTotalChars)
        {
            throw new HoconException(origin, $"the files of a configuration may have at most {Limits.MaxTotalChars} characters together");
        }
    }
}

/// <summary>A text to parse and where it came from. One that is in no file has no path, and so cannot include any.</summary>
internal sealed record HoconSource(string Name, string Text, string? FullPath, HoconSource? IncludedBy, int Depth);

/// <summary>An include statement; a missing file is an error where it is required, else empty.</summary>
internal readonly record struct HoconInclude(HoconOrigin Origin, string Name, bool IsRequired)
{
    /// <summary>How many parentheses close what stands before the file name; -1 when that is nothing known.</summary>
    public static int Parentheses(string before) => before switch
    {
        "" => 0,
        "file(" or "required(" => 1,
        "required(file(" => 2,
        _ => -1,
    };
}
