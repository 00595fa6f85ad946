using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Host.Admin;
using DataLoad.Host.Hocon;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands;

/// <summary>The option <c>--config</c>, which all commands have.</summary>
internal static class ConfigOption
{
    public static Option<FileInfo[]> Create() => new("--config", "-c")
    {
        Description = "A HOCON file with settings that differ from the defaults; may be given several times, the last one counts most.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <exception cref="HoconException">A file is missing or wrong.</exception>
    public static HostSettings Load(FileInfo[]? files) =>
        SettingsBinder.Bind(SettingsLoader.Load([.. (files ?? []).Select(file => file.FullName)], HoconEnvironment.OfThisProcess()), Catalog.Default);
}

/// <summary>Options that are whole numbers within a range.</summary>
internal static class WholeNumber
{
    public static Option<int> Option(string name, string helpName, string description, int min, int max, int standard) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max)
            {
                return number;
            }

            result.AddError($"'{text}' is no {name}: expected a number from {min} to {max}.");
            return standard;
        },
    };
}

/// <summary>A topic as it is written on the command line: <c>TYPE:ID</c>.</summary>
/// <param name="Type">The topic's type.</param>
/// <param name="Id">The topic's id.</param>
internal sealed record TopicArgument(string Type, int Id)
{
    public const string Form = "TYPE:ID";

    /// <summary>Parses an option's value.</summary>
    public static TopicArgument? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (TryParse(text, out TopicArgument? topic))
        {
            return topic;
        }

        result.AddError($"'{text}' is no topic: expected {Form}, such as activity:7.");
        return null;
    }

    /// <summary>Reads a topic; a type may hold colons, the last one counts.</summary>
    public static bool TryParse(string text, out TopicArgument? topic)
    {
        int colon = text.LastIndexOf(':');
        topic = colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            ? new TopicArgument(text[..colon], id)
            : null;
        return topic is not null;
    }
}

/// <summary>Arguments and options that several commands have, with what completes them. The node has the last word on what exists.</summary>
internal static class Completions
{
    private static string[] Streams => [.. Catalog.Default.Streams.Select(stream => stream.Name)];

    private static string[] Pages => [.. Catalog.Default.Pages.Select(page => page.Name)];

    /// <summary>The argument STREAM.</summary>
    public static Argument<string?> StreamArgument(string description, bool isRequired)
    {
        var argument = new Argument<string?>("STREAM")
        {
            Description = description,
            HelpName = "STREAM",
            Arity = isRequired ? ArgumentArity.ExactlyOne
            : ArgumentArity.ZeroOrOne
        };
        argument.CompletionSources.Add(Streams);
        return argument;
    }

    /// <summary>The option <c>--stream</c>.</summary>
    public static Option<string?> Stream(string description) =>
        With(new Option<string?>("--stream") { Description = description, HelpName = "STREAM" }, Streams);

    /// <summary>The option <c>--page</c>.</summary>
    public static Option<string?> Page(string description) => With(new Option<string?>("--page") { Description = description, HelpName = "PAGE" }, Pages);

    /// <summary>An option that names a metric.</summary>
    public static Option<string?> Metric(string name, string helpName, string description) => With(
        new Option<string?>(name) { Description = description, HelpName = helpName },
        [.. Catalog.Default.Pages.SelectMany(page => page.Metrics).Select(metric => metric.Column).Distinct(StringComparer.Ordinal)]);

    /// <summary>An option with a text.</summary>
    public static Option<string?> Text(string name, string helpName, string description, params string[] known) =>
        With(new Option<string?>(name) { Description = description, HelpName = helpName }, known);

    /// <summary>The option <c>--topic</c>.</summary>
    public static Option<TopicArgument?> Topic(string description) => new("--topic")
    {
        Description = description,
        HelpName = TopicArgument.Form,
        CustomParser = TopicArgument.Parse,
    };

    private static Option<string?> With(Option<string?> option, string[] known)
    {
        option.CompletionSources.Add(known);
        return option;
    }
}

/// <summary>Options that are days: <c>--day</c>, or <c>--from</c> and <c>--to</c>.</summary>
internal sealed class DayOption
{
    private readonly Option<DateOnly?> _day = Of("--day", "This day alone, as in --day 2024-11-30; today without it.");
    private readonly Option<DateOnly?> _from = Of("--from", "The first day, as in --from 2024-11-01.");
    private readonly Option<DateOnly?> _to = Of("--to", "The last day; today without it.");

    /// <summary>The options.</summary>
    public Symbol[] Symbols => [_day, _from, _to];

    /// <summary>The first and the last day; null is for the node to say.</summary>
    public (DateOnly? From, DateOnly? To) Read(ParseResult result) =>
        result.GetValue(_day) is { } day ? (day, day) : (result.GetValue(_from), result.GetValue(_to));

    /// <summary>Refuses days that contradict each other.</summary>
    public void Check(CommandResult result)
    {
        if (result.GetResult(_day) is not null && (result.GetResult(_from) ?? result.GetResult(_to)) is not null)
        {
            result.AddError("--day is one day, --from and --to are several: say one or the other.");
        }
    }

    private static Option<DateOnly?> Of(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "YYYY-MM-DD",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", out DateOnly day))
            {
                return day;
            }

            result.AddError($"'{text}' is no day: expected YYYY-MM-DD, such as 2024-11-30.");
            return null;
        },
    };
}

/// <summary>The options of commands that can look again and again.</summary>
internal sealed class WatchOptions
{
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Looks again and again, until Ctrl-C." };
    private readonly Option<int> _count = WholeNumber.Option("--count", "N", "With --watch: ends after so many pictures; 0 never.", 0, 1_000_000, 0);

    /// <summary>The options.</summary>
    public Symbol[] Symbols => [_watch, _count];

    /// <summary>Whether to look again.</summary>
    public bool IsOn(ParseResult result) => result.GetValue(_watch);

    /// <summary>After how many pictures it ends; 0 for never.</summary>
    public int Pictures(ParseResult result) => result.GetValue(_count);
}

/// <summary>The options that say which statistics a command means.</summary>
internal sealed class FilterOptions
{
    private const string DayFormat = "yyyy-MM-dd";

    private readonly Option<string?> _page = new("--page") { Description = "Only this page's table: bear or act.", HelpName = "PAGE" };

    private readonly Option<TopicArgument?> _topic = new("--topic")
    {
        Description = "Only this topic, as in --topic activity:7.",
        HelpName = TopicArgument.Form,
        CustomParser = TopicArgument.Parse,
    };

    private readonly Option<DateOnly?> _from = Day("--from", "Only this day and later, as in --from 2024-11-01.");
    private readonly Option<DateOnly?> _to = Day("--to", "Only this day and earlier, as in --to 2024-11-30.");

    public FilterOptions() => _page.AcceptOnlyFromAmong([.. Catalog.Default.Pages.Select(page => page.Name)]);

    /// <summary>Gives a command the options.</summary>
    public void AddTo(Command command)
    {
        command.Add(_page);
        command.Add(_topic);
        command.Add(_from);
        command.Add(_to);
        command.Validators.Add(result =>
        {
            if (TryDay(result.GetResult(_from), out DateOnly from) && TryDay(result.GetResult(_to), out DateOnly to) && from > to)
            {
                result.AddError($"--from {from.ToString(DayFormat, CultureInfo.InvariantCulture)} is after --to "
                    + $"{to.ToString(DayFormat, CultureInfo.InvariantCulture)}.");
            }
        });
    }

    /// <summary>What was asked for.</summary>
    public RebuildRequest Read(ParseResult result)
    {
        TopicArgument? topic = result.GetValue(_topic);
        return new RebuildRequest(result.GetValue(_page), topic?.Type, topic?.Id, result.GetValue(_from), result.GetValue(_to));
    }

    private static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "YYYY-MM-DD",
        CustomParser = ParseDay,
    };

    // Asking the library for the value of an option that it could not read throws.
    private static bool TryDay(SymbolResult? result, out DateOnly day)
    {
        day = default;
        return result?.Tokens is [{ Value: { } text }] && DateOnly.TryParseExact(text, DayFormat, out day);
    }

    private static DateOnly? ParseDay(ArgumentResult result)
    {
        if (TryDay(result, out DateOnly day))
        {
            return day;
        }

        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        result.AddError($"'{text}' is no day: expected YYYY-MM-DD, such as 2024-11-30.");
        return null;
    }
}
