using System.Text.Json;
using DataLoad.Engine.Contract;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.OperatorConsole;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>Tables on terminals of several widths: what is shown is whole, and what is not is said.</summary>
public sealed class FittingTablesTests
{
    private const int FixedSeed = 20_261_125;

    private static readonly DateOnly Today = new(2026, 11, 25);

    public static TheoryData<int> Widths => new() { 60, 80, 100, 200 };

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_topic_keeps_its_metrics_and_shows_as_many_whole_days_as_fit(int width)
    {
        string[] lines = Terminal.Lines(display => TopicCommand.Render(display, Topic(days: 34)), width);

        lines.ShouldAllBe(line => CellWidth.Of(line) <= width);
        foreach (Metric metric in Catalog.Default.PageNamed("act").Metrics)
        {
            lines.ShouldContain(line => line.StartsWith($"act   {metric.Column} ", StringComparison.Ordinal), $"{width}: {metric.Column}");
        }

        int days = lines[1].Split("2026-").Length - 1;
        days.ShouldBeGreaterThan(0);
        days.ShouldBeLessThan(34);
        lines.Count(line => line.Contains("99,999,999.99", StringComparison.Ordinal)).ShouldBe(Amounts("act"), $"{width}: whole amounts");
        string.Join(' ', lines[^4..]).ShouldContain($"… {34 - days} more days: ");
        string.Join(' ', lines[^4..]).ShouldContain("--wide");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Streams_keep_their_names_and_numbers_whole(int width)
    {
        StreamDetails[] streams = [.. Catalog.Default.Streams.Select(stream => JsonSerializer.Deserialize<StreamDetails>(
            Samples.Stream(stream.Name, "running").Replace("\"lag\":5", "\"lag\":1234567", StringComparison.Ordinal), JsonSerializerOptions.Web)!)];

        string[] lines = Terminal.Lines(display => StreamsCommand.Render(display, streams), width);

        lines.ShouldAllBe(line => CellWidth.Of(line) <= width);
        foreach (StreamDetails stream in streams)
        {
            lines.ShouldContain(line => line.StartsWith($"{stream.Name} ", StringComparison.Ordinal) && line.Contains("  1,234,567", StringComparison.Ordinal));
        }

        lines.Any(line => line.Contains("more column", StringComparison.Ordinal)).ShouldBe(width < 200);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void The_top_keeps_topics_and_the_metric_that_it_is_sorted_by(int width)
    {
        string[] lines = Terminal.Lines(display => CountersCommand.Render(display, Top(), all: false), width);

        lines.ShouldAllBe(line => CellWidth.Of(line) <= width);
        lines[0].ShouldMatch("^topic +days +pay_amount");
        lines.ShouldContain(line => line.StartsWith("ACTIVITY:1234567 ", StringComparison.Ordinal) && line.Contains("  99,999,999.99", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("more columns: ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_name_that_would_leave_no_room_for_numbers_stands_above_them(int width)
    {
        string name = string.Concat(Enumerable.Repeat("𠮷", 95)) + ":1006";
        Column[] columns = ["topic", Column.Number("visit_cnt"), Column.Number("pay_amount")];
        Cell[] usual = ["ACTIVITY:1000", Cell.Of(1_234_567), Cell.Of(7)];

        string[] lines = Terminal.Lines(display => display.Table(columns, [usual, [name, Cell.Of(7_654_321), Cell.Of(8)], usual]), width);

        string[] shown = ["ACTIVITY:1000  1,234,567           7", name, "               7,654,321           8", "ACTIVITY:1000  1,234,567           7"];
        lines[0].ShouldBe("topic          visit_cnt  pay_amount");
        lines[2..].ShouldBe(shown);
    }

    [Fact]
    public void Wide_shows_all_columns_whatever_the_width()
    {
        string[] lines = Terminal.Lines(display => CountersCommand.Render(display, Top(), all: false), 60, new TableShape(IsWide: true, []));

        lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2 + Catalog.Default.PageNamed("act").Metrics.Length);
        lines.ShouldNotContain(line => line.Contains("more", StringComparison.Ordinal));
    }

    [Fact]
    public void Columns_that_are_named_are_shown_beside_the_first_by_column_or_by_name()
    {
        string[] lines = Terminal.Lines(display => CountersCommand.Render(display, Top(), all: false), 60, new TableShape(IsWide: false, ["Visitors", "off_amount"]));

        lines[0].ShouldMatch("^topic +visit_user_cnt +off_amount$");
        Should.Throw<NodeException>(() => Terminal.Show(display => CountersCommand.Render(display, Top(), all: false), 60, new TableShape(false, ["nothing"])))
            .Message.ShouldStartWith("--columns nothing: this table has no such column; it has topic, days, pay_amount, visit_cnt, ");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Texts_are_broken_between_words_before_a_column_goes(int width)
    {
        const string Error = "field payAmount = 12.345: expected an amount that is exact to two decimals, digits with a decimal point";

        string[] lines = Terminal.Lines(
            display => display.Table(["stream", Column.Number("bytes"), "error"], [["act.cancel-pay", Cell.Of(12345), Error]]), width);

        lines.ShouldAllBe(line => CellWidth.Of(line) <= width);
        string.Join(' ', lines[2..].Select(line => line.Replace("act.cancel-pay", "", StringComparison.Ordinal).Replace("12,345", "", StringComparison.Ordinal).Trim()))
            .ShouldBe(Error);
    }

    [Fact]
    public void A_column_that_is_blank_goes_before_one_that_is_not()
    {
        string[] lines = Terminal.Lines(
            display => display.Table(["name", "blank", Column.Number("number")], [["a-name-of-twenty-five-chars", "", Cell.Of(1234567)]]), width: 38);

        lines[0].ShouldMatch("^name +number$");
        string.Join(' ', lines[3..]).ShouldStartWith("… 1 more column: blank (");
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(200)]
    public void Whatever_a_table_holds_no_number_and_no_word_is_broken_and_the_first_column_is_there(int width)
    {
        foreach (int seed in new[] { FixedSeed, Environment.TickCount })
        {
            var random = new Random(seed);
            for (int round = 0; round < 300; round++)
            {
                (Column[] columns, Cell[][] rows) = Some(random);
                var layout = new TableLayout(columns, rows, width);
                string[] lines = [.. layout.Lines().Select(line => string.Concat(line.Select(part => part.Text)))];
                string what = $"seed {seed}, round {round}:\n{string.Join('\n', lines)}";

                lines.ShouldAllBe(line => CellWidth.Of(line) <= width, what);
                layout.Omitted.ShouldNotContain(columns[0].Name, what);
                string[] words = [.. lines.SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
                foreach (Column column in columns.Where(column => !layout.Omitted.Contains(column.Name, StringComparer.Ordinal)))
                {
                    int place = Array.IndexOf(columns, column);
                    rows.SelectMany(row => row[place].Shown.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Except(words, StringComparer.Ordinal).ShouldBeEmpty(what);
                }
            }
        }
    }

    private static int Amounts(string page) => Catalog.Default.PageNamed(page).Metrics.Count(metric => metric.Kind == MetricKind.Amount);

    private static NamedValues Values(string page) => new([.. Catalog.Default.PageNamed(page).Metrics.Select(metric =>
        new NamedValues.Entry(metric.Column, new CellValue(metric.Kind == MetricKind.Amount ? 99_999_999_99 : 1_234_567, metric.Kind == MetricKind.Amount)))]);

    private static TopicDetails Topic(int days) => new("ACTIVITY", 7, 3,
        [new("act", [.. Enumerable.Range(0, days).Select(ago => new TopicDetails.TopicDay(Today.AddDays(-ago), "table", 1, Values("act")))], Total: null, Complete: true, Why: null)]);

    private static TopicList Top() =>
        new("act", Today, Today, "pay_amount", "desc", 0, 20, 1, [new("ACTIVITY", 1_234_567, 1, Values("act"), Why: null)], Complete: true, Why: null);

    private static (Column[] Columns, Cell[][] Rows) Some(Random random)
    {
        Column[] columns = [.. Enumerable.Range(0, random.Next(1, 14)).Select(i => new Column($"{Word(random, 12)}{i}", IsNumber: random.Next(2) == 0, IsWhole: random.Next(4) == 0))];
        Cell[][] rows = [.. Enumerable.Range(0, random.Next(6)).Select(_ => columns.Select((column, i) =>
            column.IsNumber ? Cell.Of(random.NextInt64(10_000_000_000)) : (Cell)Text(random, i == 0 ? 1 : column.IsWhole ? 2 : 8)).ToArray())];
        return (columns, rows);
    }

    private static string Text(Random random, int words) => string.Join(' ', Enumerable.Range(0, random.Next(1, words + 1)).Select(_ => Word(random, 18)));

    private static string Word(Random random, int most) => string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => random.Next(8) == 0 ? "活" : "abcdefgh"[random.Next(8)].ToString()));
}
