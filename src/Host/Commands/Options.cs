using System.CommandLine.Parsing;
using DataLoad.Engine.Counting;
using DataLoad.Host.Admin;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands;

/// <summary>Arguments and options that several commands have, with what completes them. The node has the last word on what exists.</summary>
internal static class Options
{
    /// <summary>How a day is written.</summary>
    public const string DayFormat = "yyyy-MM-dd";

    private const string DayForm = "YYYY-MM-DD";

    private static string[] Streams => [.. Catalog.Default.Streams.Select(stream => stream.Name)];

    private static string[] Pages => [.. Catalog.Default.Pages.Select(page => page.Name)];

    private static string[] Columns => [.. Catalog.Default.Pages.SelectMany(page => page.Metrics).Select(metric => metric.Column).Distinct(StringComparer.Ordinal)];

    /// <summary>The option <c>--config</c>, which all commands have.</summary>
    public static Option<FileInfo[]> Config() => new("--config", "-c")
    {
        Description = "A HOCON file with settings that differ from the defaults; may be given several times, the last one counts most.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>The settings that a command line names.</summary>
    /// <exception cref="HoconException">A file is missing or wrong.</exception>
    public static HostSettings LoadSettings(this ParseResult result, Option<FileInfo[]> config) => SettingsBinder.Bind(
        SettingsLoader.Load([.. (result.GetValue(config) ?? []).Select(file => file.FullName)], HoconEnvironment.OfThisProcess()), Catalog.Default);

    /// <summary>An option with a whole number within a range.</summary>
    public static Option<int> Number(string name, string helpName, string description, int min, int max, int standard) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => standard,
        CustomParser = result => Read<int?>(result, name, $"a number from {min} to {max}", text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max ? number : null) ?? standard,
    };

    public static Option<string?> Text(string name, string helpName, string description, params string[] known) =>
        new(name) { Description = description, HelpName = helpName, CompletionSources = { known } };

    /// <summary>An argument with a text that may be left out.</summary>
    public static Argument<string?> MayBe(string name, string description) =>
        new(name) { Description = description, HelpName = name, Arity = ArgumentArity.ZeroOrOne };

    public static Argument<string?> StreamArgument(string description, ArgumentArity arity) =>
        new("STREAM") { Description = description, HelpName = "STREAM", Arity = arity, CompletionSources = { Streams } };

    public static Option<string?> Stream(string description) => Text("--stream", "STREAM", description, Streams);
    public static Option<string?> Page(string description) => Text("--page", "PAGE", description, Pages);

    public static Option<string?> Metric(string name, string helpName, string description) => Text(name, helpName, description, Columns);

    /// <summary>An option that names a value of a breakdown.</summary>
    public static Option<string?> Breakdown(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "BREAKDOWN=VALUE",
        CompletionSources = { Enum.GetValues<Engine.Contract.Breakdown>().Select(breakdown => $"{breakdown.Name()}=").ToArray() },
        CustomParser = result => Read(result, "value of a breakdown", "parent=TYPE:ID, channel=TEXT or qr-code=TEXT", text =>
            BreakdownValue.Parse(text)?.ToString()),
    };

    /// <summary>An argument that is a topic.</summary>
    public static Argument<TopicArgument?> TopicArgumentOf(string description) => new(TopicArgument.Form)
    {
        Description = description,
        HelpName = TopicArgument.Form,
        CustomParser = ReadTopic,
    };

    /// <summary>An option that names topics; it may be given several times.</summary>
    public static Option<TopicArgument[]> Topics(string name, string description) => new(name)
    {
        Description = description,
        HelpName = TopicArgument.Form,
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = result =>
        {
            var topics = new List<TopicArgument>();
            foreach (string text in result.Tokens.Select(token => token.Value))
            {
                if (TopicArgument.TryParse(text, out TopicArgument? topic))
                {
                    topics.Add(topic!);
                }
                else
                {
                    result.AddError($"'{text}' is no topic: expected {TopicArgument.Form}, such as ACTIVITY:7.");
                }
            }

            return [.. topics];
        },
    };

    /// <summary>The argument that names a page.</summary>
    public static Argument<string> PageArgument() => new("PAGE") { Description = "The page: act or bear.", HelpName = "PAGE", CompletionSources = { Pages } };

    /// <summary>An argument that names columns.</summary>
    public static Argument<string> ColumnArgument(string name, string description) =>
        new(name) { Description = description, HelpName = name, CompletionSources = { Columns } };

    /// <summary>An argument that is a day.</summary>
    public static Argument<DateOnly?> DayArgument(string description) => new("DAY") { Description = description, HelpName = DayForm, CustomParser = ReadDay };

    public static Option<TopicArgument?> Topic(string name, string description) => new(name)
    {
        Description = description,
        HelpName = TopicArgument.Form,
        CustomParser = ReadTopic,
    };

    public static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        Description = description,
        HelpName = DayForm,
        CustomParser = ReadDay,
    };

    private static TopicArgument? ReadTopic(ArgumentResult result) => Read(result, "topic", $"{TopicArgument.Form}, such as ACTIVITY:7", text =>
        TopicArgument.TryParse(text, out TopicArgument? topic) ? topic : null);

    private static DateOnly? ReadDay(ArgumentResult result) => Read<DateOnly?>(result, "day", $"{DayForm}, such as 2024-11-30", text =>
        DateOnly.TryParseExact(text, DayFormat, out DateOnly day) ? day : null);

    /// <summary>Reads what was given as a kind of value; what cannot be read, which gives null, is refused with a sentence.</summary>
    public static T? Read<T>(ArgumentResult result, string kind, string expected, Func<string, T?> read)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        T? value = read(text);
        if (value is null)
        {
            result.AddError($"'{text}' is no {kind}: expected {expected}.");
        }

        return value;
    }
}

/// <summary>Options that are days: <c>--day</c>, or <c>--from</c> and <c>--to</c>.</summary>
/// <param name="last">What the last day is without <c>--to</c>.</param>
internal sealed class DayOptions(string last = "The last day; today without it.")
{
    private readonly Option<DateOnly?> _day = Options.Day("--day", "This day alone, as in --day 2024-11-30; today without it.");
    private readonly Option<DateOnly?> _from = Options.Day("--from", "The first day, as in --from 2024-11-01.");
    private readonly Option<DateOnly?> _to = Options.Day("--to", last);

    public Symbol[] Symbols => [_day, _from, _to];

    /// <summary>The first and the last day; null is for the node to say.</summary>
    public (DateOnly? From, DateOnly? To) Read(ParseResult result) =>
        result.GetValue(_day) is { } day ? (day, day) : (result.GetValue(_from), result.GetValue(_to));

    /// <summary>Refuses days that contradict each other.</summary>
    public string? Check(CommandResult result) => result.GetResult(_day) is not null && (result.GetResult(_from) ?? result.GetResult(_to)) is not null
        ? "--day is one day, --from and --to are several: say one or the other."
        : null;
}

/// <summary>The options of commands that can show their answer again and again.</summary>
internal sealed class WatchOptions
{
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Looks again and again, until Ctrl-C." };
    private readonly Option<int> _count = Options.Number("--count", "N", "With --watch: ends after so many pictures; 0 never.", 0, 1_000_000, 0);

    public Symbol[] Symbols => [_watch, _count];

    /// <summary>Whether to show it again.</summary>
    public bool IsOn(ParseResult result) => result.GetValue(_watch);

    /// <summary>After how many pictures it ends; 0 for never.</summary>
    public int Pictures(ParseResult result) => result.GetValue(_count);
}

/// <summary>The options that say which statistics a command means.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> _page = new("--page") { Description = "Only this page's table: bear or act.", HelpName = "PAGE" };
    private readonly Option<TopicArgument?> _topic = Options.Topic("--topic", "Only this topic, as in --topic ACTIVITY:7.");
    private readonly Option<DateOnly?> _from = Options.Day("--from", "Only this day and later, as in --from 2024-11-01.");
    private readonly Option<DateOnly?> _to = Options.Day("--to", "Only this day and earlier, as in --to 2024-11-30.");

    public FilterOptions() => _page.AcceptOnlyFromAmong([.. Catalog.Default.Pages.Select(page => page.Name)]);

    /// <summary>Gives a command the options.</summary>
    public void AddTo(DetailedCommand command)
    {
        command.AddAll([_page, _topic, _from, _to]);
        command.Refuses(result => TryDay(result.GetResult(_from), out DateOnly from) && TryDay(result.GetResult(_to), out DateOnly to) && from > to
            ? $"--from {from:yyyy-MM-dd} is after --to {to:yyyy-MM-dd}."
            : null);
    }

    /// <summary>What was asked for.</summary>
    public RebuildRequest Read(ParseResult result)
    {
        TopicArgument? topic = result.GetValue(_topic);
        return new RebuildRequest(result.GetValue(_page), topic?.Type, topic?.Id, result.GetValue(_from), result.GetValue(_to));
    }

    // Asking the library for the value of an option that it could not read throws.
    private static bool TryDay(SymbolResult? result, out DateOnly day)
    {
        day = default;
        return result?.Tokens is [{ Value: { } text }] && DateOnly.TryParseExact(text, Options.DayFormat, out day);
    }
}
