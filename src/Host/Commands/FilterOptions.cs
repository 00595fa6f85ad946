using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Host.Admin;

namespace DataLoad.Host.Commands;

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
        return result?.Tokens is [{ Value: { } text }] && DateOnly.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
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
