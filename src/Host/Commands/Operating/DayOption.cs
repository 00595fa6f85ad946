using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace DataLoad.Host.Commands.Operating;

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
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
            {
                return day;
            }

            result.AddError($"'{text}' is no day: expected YYYY-MM-DD, such as 2024-11-30.");
            return null;
        },
    };
}
