using System.CommandLine.Parsing;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>The options that all questions about distinct people have.</summary>
internal sealed class QuestionOptions
{
    private readonly Option<TopicArgument[]> _topics = Options.Topics("--topic", "Of this topic alone, as in --topic ACTIVITY:7; may be given several times.");
    private readonly DayOptions _days = new();
    private readonly CsvOptions _csv = new("Prints the answer as CSV.");

    public Symbol[] Symbols => [_topics, .. _days.Symbols, .. _csv.Symbols];

    /// <summary>Refuses what contradicts itself.</summary>
    public string? Check(CommandResult result) => _days.Check(result) ?? _csv.Check(result);

    /// <summary>Asks, and shows the answer.</summary>
    /// <returns>The exit code: 1 where the answer lacks something.</returns>
    public async Task<int> AskAsync<T>(
        Operation run, string question, (string, object?)[] parameters, Action<Display, T> render, Func<T, (bool Complete, string? Why)> gap,
        Func<T, bool> isEmpty)
        where T : class
    {
        (DateOnly? from, DateOnly? to) = _days.Read(run.Line);
        (string, object?)[] all =
            [.. parameters, ("from", from), ("to", to), .. (run.Get(_topics) ?? []).Select(topic => ("topic", (object?)$"{topic.Type}:{topic.Id}"))];
        if (_csv.IsOn(run))
        {
            await _csv.WriteAsync(run, question, all);
            return ExitCode.Done;
        }

        T answer = await run.AskAsync<T>("Reading days", NodePath.With(NodePath.Of(question), all), (display, found) =>
        {
            render(display, found);
            if (gap(found).Why is { } why)
            {
                display.Line(why, Tone.Warning);
            }
        });
        return !gap(answer).Complete ? ExitCode.Found : isEmpty(answer) ? await NameLookup.CheckAsync(run, run.Get(_topics) ?? []) : ExitCode.Done;
    }
}

/// <summary><c>dataload distinct</c>: how many different people there are over days and topics.</summary>
internal static class DistinctCommand
{
    private const string Details = """
        Different people (or brands) in a column over all its days and topics: a user on two days is one. Exact, and not older
        than the question: Partitions save first what they count. Where rows were adopted, or Counters are set aside, it says
        what is not in the answer.

        Examples:
          dataload distinct act visit_user_cnt
          dataload distinct act visit_user_cnt --from 2026-11-01 --to 2026-11-30
          dataload distinct bear visit_user_cnt --topic BEAR:3 --topic BEAR:4 --day 2026-11-25

        Exit codes: 0 done; 1 something is not in the answer, and it says what, or there is no such topic; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> page = Options.PageArgument();
        Argument<string> column = Options.ColumnArgument("COLUMN", "A column of distinct people or brands.");
        var question = new QuestionOptions();
        return context.Define("distinct", "Counts different people over days and topics.", Details, [page, column, .. question.Symbols, .. context.Tables], run =>
            question.AskAsync<DistinctPeople>(run, "distinct", [("page", run.Get(page)), ("column", run.Get(column))], (display, answer) => display.Table(
                ["column", "from", "to", Column.Number("distinct")],
                [[answer.Column, Form.Day(answer.From), Form.Day(answer.To), Cell.Of(answer.Value)]]), answer => (answer.Complete, answer.Why), answer => answer.Value == 0)).Refuses(question.Check);
    }
}

/// <summary><c>dataload retention</c>: who comes back.</summary>
internal static class RetentionCommand
{
    private const string Details = """
        Of the different people of each day in one column, how many are in another one (or the same) so many days after. A day
        that is yet to come is left blank; today is counted as far as it has come.

        Examples:
          dataload retention act visit_user_cnt --returning visit_user_cnt --from 2026-11-01 --to 2026-11-07
          dataload retention act visit_user_cnt --returning buy_user_cnt --days 1,2,3 --from 2026-11-20
          dataload retention act visit_user_cnt --returning buy_user_cnt --topic ACTIVITY:7 --csv

        Exit codes: 0 done; 1 something is not in the answer, and it says what, or there is no such topic; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> page = Options.PageArgument();
        Argument<string> column = Options.ColumnArgument("COLUMN", "The column of those who are taken up on a day.");
        Option<string?> returning = Options.Metric("--returning", "COLUMN", "The column of those who have returned.");
        returning.Required = true;
        Option<string?> days = Options.Text("--days", "N,…", "After how many days, separated by commas; 1,7,30 without it.");
        var question = new QuestionOptions();
        return context.Define("retention", "Shows how many people of a day return some days after.", Details, [page, column, returning, days, .. question.Symbols, .. context.Tables],
            run => question.AskAsync<RetentionTable>(run, "retention",
                [("page", run.Get(page)), ("column", run.Get(column)), ("returning", run.Get(returning)), ("days", run.Get(days))],
                (display, answer) => display.Table(
                    ["day", Column.Number(answer.Column), .. answer.After.Select(after => Column.Number($"after {after}"))],
                    answer.Days.Select(day => (Cell[])[Form.Day(day.Day), Cell.Of(day.People),
                        .. day.Returned.Select(count => count is { } known ? Cell.Of(known) : new Cell("", IsNumber: true))])),
                answer => (answer.Complete, answer.Why), answer => answer.Days.All(day => day.People == 0))).Refuses(question.Check);
    }
}

/// <summary><c>dataload funnel</c>: who goes on to the next step.</summary>
internal static class FunnelCommand
{
    private const string Details = """
        Different people in the first column over all days and topics, how many of them are in the second too, of those in the
        third, and so on; 2 to 10 columns, all of people or all of brands.

        Examples:
          dataload funnel act visit_user_cnt,share_user_cnt,buy_user_cnt --from 2026-11-01 --to 2026-11-30
          dataload funnel act visit_user_cnt,buy_user_cnt --topic ACTIVITY:7 --csv

        Exit codes: 0 done; 1 something is not in the answer, and it says what, or there is no such topic; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> page = Options.PageArgument();
        Argument<string> columns = Options.ColumnArgument("COLUMN,…", "The columns of the steps, separated by commas.");
        var question = new QuestionOptions();
        return context.Define("funnel", "Shows how many people go from step to step.", Details, [page, columns, .. question.Symbols, .. context.Tables], run =>
            question.AskAsync<Funnel>(run, "funnel", [("page", run.Get(page)), ("columns", run.Get(columns))], (display, answer) => display.Table(
                ["column", Column.Number("people"), Column.Number("of the first"), Column.Number("of the one before")],
                answer.Steps.Select((step, i) => new Cell[]
                {
                    step.Column, Cell.Of(step.People), Share(step.People, answer.Steps[0].People), Share(step.People, answer.Steps[Math.Max(i - 1, 0)].People),
                })), answer => (answer.Complete, answer.Why), answer => answer.Steps[0].People == 0)).Refuses(question.Check);

        static Cell Share(long part, long whole) => new(whole == 0 ? "" : $"{100m * part / whole:0.0} %", Tone.Faint);
    }
}
