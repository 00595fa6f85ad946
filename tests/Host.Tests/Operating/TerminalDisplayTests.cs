using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>What a person sees at a terminal.</summary>
public sealed class TerminalDisplayTests
{
    [Fact]
    public void A_table_has_numbers_on_the_right_in_groups_and_texts_as_they_are()
    {
        string[] shown = Terminal.Lines(display => display.Table(["name", Column.Number("count")], [["[red]", Cell.Of(1234567)], ["b", Cell.Of(7)]]));

        shown.ShouldBe(
        [
            "name       count",
            "────────────────",
            "[red]  1,234,567",
            "b              7",
        ]);
    }

    [Fact]
    public void Actors_are_a_tree()
    {
        string[] shown = Terminal.Lines(display => ActorsCommand.Render(display, new ActorList("/user", 2, 2,
        [
            new("/user", 0, "A.Guardian", "running", 0, 3, 2),
            new("/user/a", 1, "A.B", "running", 1234, 60, 1),
            new("/user/a/7", 2, "A.B+C", "stopping", 0, 5, 0),
            new("/user/b", 1, null, "running", 0, 0, 0),
        ])), width: 80);

        shown[2..].ShouldBe(
        [
            "/user              Guardian  running          0         3",
            "  a                B         running      1,234        60",
            "    7              B+C       stopping         0         5",
            "    … and 59 more",
            "  b                          running          0         0",
            "  … and 1 more",
        ]);
    }

    [Fact]
    public void Colours_are_for_terminals_that_have_them()
    {
        Terminal.Show(display => display.Line("fails", Tone.Bad)).ShouldBe("fails\n");
        Terminal.Show(display => display.Line("fails", Tone.Bad), colours: true).ShouldContain("\e[");
    }

    [Theory]
    [InlineData("7", "7")]
    [InlineData("999", "999")]
    [InlineData("1000", "1,000")]
    [InlineData("-1234567", "-1,234,567")]
    [InlineData("1234567.89", "1,234,567.89")]
    public void Digits_are_grouped(string text, string shown) => new Cell(text, IsNumber: true).Shown.ShouldBe(shown);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(536_870_912, "512.0 MiB")]
    public void Sizes_are_in_their_largest_unit(long bytes, string shown) => Form.Bytes(bytes).ShouldBe(shown);
}
