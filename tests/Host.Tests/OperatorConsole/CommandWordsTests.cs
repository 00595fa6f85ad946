using DataLoad.Host.OperatorConsole;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.OperatorConsole;

public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  streams   --watch ", new[] { "streams", "--watch" })]
    [InlineData("""dead edit 0f --body '{"a": "b\"}'""", new[] { "dead", "edit", "0f", "--body", """{"a": "b\"}""" })]
    [InlineData("""topic "a \"b\" c" 7""", new[] { "topic", "a \"b\" c", "7" })]
    [InlineData("""a\ b ''""", new[] { "a b", "" })]
    public void A_line_is_split_as_a_shell_does(string line, string[] words) => CommandWords.Split(line).ShouldBe(words);

    [Fact]
    public void A_quote_that_is_not_closed_is_said() =>
        Should.Throw<FormatException>(() => CommandWords.Split("topic 'a")).Message.ShouldBe("A ' is not closed.");

    [Fact]
    public void For_completion_the_last_word_is_what_is_before_the_cursor()
    {
        CommandWords.SplitForCompletion("pause act.b").ShouldSatisfyAllConditions(
            split => split.Before.ShouldBe(["pause"]),
            split => split.Last.ShouldBe("act.b"),
            split => split.Start.ShouldBe(6));
        CommandWords.SplitForCompletion("pause ").ShouldSatisfyAllConditions(split => split.Last.ShouldBe(""), split => split.Start.ShouldBe(6));
    }
}
