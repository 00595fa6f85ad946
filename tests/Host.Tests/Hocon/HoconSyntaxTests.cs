using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

public sealed class HoconSyntaxTests
{
    [Theory]
    // Root, separators, comments.
    [InlineData("", "")]
    [InlineData("  \n# only a comment", "")]
    [InlineData("{}", "")]
    [InlineData("{ a : 1 }\n", "a=1")]
    [InlineData("a = 1\nb : 2\nc { d = 3 }", "a=1 | b=2 | c.d=3")]
    [InlineData("a=1,b=2,", "a=1 | b=2")]
    [InlineData("a=1\n,\nb=2", "a=1 | b=2")]
    [InlineData("a = 1 # one\n// two\nb = 2 // three", "a=1 | b=2")]
    [InlineData("a = \"x # y // z\"", "a=x # y // z")]
    [InlineData("\uFEFFa = 1", "a=1")]
    [InlineData("a = 1\r\nb = 2\r\n", "a=1 | b=2")]
    [InlineData("a =\n  1", "a=1")]
    [InlineData("a\n{ b = 1 }", "a.b=1")]
    [InlineData("a {}", "a={}")]
    [InlineData("a = []", "a=[]")]
    // JSON.
    [InlineData("{\"a\":{\"b\":[1,true,null,\"x\"]},\"c\":-1.5e+3}", "a.b[0]=1 | a.b[1]=true | a.b[2]=null | a.b[3]=x | c=-1.5e+3")]
    [InlineData("{\"a\"\n:\n1\n}", "a=1")]
    // Keys and paths.
    [InlineData("a.b.c = 1", "a.b.c=1")]
    [InlineData("\"a.b\".c = 1", "\"a.b\".c=1")]
    [InlineData("streams { \"act.buy\" { queue = q } }", "streams.\"act.buy\".queue=q")]
    [InlineData("a b c = 1", "\"a b c\"=1")]
    [InlineData("10.0foo = 1", "10.0foo=1")]
    [InlineData("foo\"10.0\" = 1", "\"foo10.0\"=1")]
    [InlineData("a.\"\".b = 1", "a.\"\".b=1")]
    [InlineData("true : 1, 3.14 : 2", "true=1 | 3.14=2")]
    [InlineData("foo include = 1", "\"foo include\"=1")]
    [InlineData("\"include\" = 1", "include=1")]
    [InlineData("a = include", "a=include")]
    // Strings.
    [InlineData("a = \"x\\n\\t\\\"\\\\\\/\\u0041\"", "a=x\n\t\"\\/A")]
    [InlineData("a = \"\"", "a=")]
    [InlineData("a = \"\"\"x \"y\"\n z\\n\"\"\"", "a=x \"y\"\n z\\n")]
    [InlineData("a = \"\"\"x\"\"\"\"\"", "a=x\"\"")]
    [InlineData("a = foo bar  baz  ", "a=foo bar  baz")]
    [InlineData("a = foo\"bar\" 5", "a=foobar 5")]
    [InlineData("a = 127.0.0.1", "a=127.0.0.1")]
    [InlineData("a = x/y-z", "a=x/y-z")]
    [InlineData("a = x//y", "a=x")]
    // Arrays and concatenation.
    [InlineData("a = [1, 2\n3\n\n,4,]", "a[0]=1 | a[1]=2 | a[2]=3 | a[3]=4")]
    [InlineData("a = [1] [2]", "a[0]=1 | a[1]=2")]
    [InlineData("a = [{x=1}, {x=2}]", "a[0].x=1 | a[1].x=2")]
    [InlineData("a = {x=1} {y=2}", "a.x=1 | a.y=2")]
    [InlineData("a = [a b, c d]", "a[0]=a b | a[1]=c d")]
    // Merging duplicates.
    [InlineData("a = 1, a = 2", "a=2")]
    [InlineData("a { x=1, y=1 }, a { y=2, z=2 }", "a.x=1 | a.y=2 | a.z=2")]
    [InlineData("a.b.x = 1\na.b.y = 2\na { b { x = 3 } }", "a.b.x=3 | a.b.y=2")]
    [InlineData("a { x=1 }, a = 42, a { y=2 }", "a.y=2")]
    [InlineData("a { x=1 }, a = null, a { y=2 }", "a.y=2")]
    [InlineData("a = [1], a = [2]", "a[0]=2")]
    // Appending.
    [InlineData("a += 1\na += 2", "a[0]=1 | a[1]=2")]
    [InlineData("a = [1]\na += 2\na += [3]", "a[0]=1 | a[1]=2 | a[2][0]=3")]
    [InlineData("x { a = [1] }\nx { a += 2 }", "x.a[0]=1 | x.a[1]=2")]
    [InlineData("b = [0]\na = ${b}\na += 1\na += 2", "b[0]=0 | a[0]=0 | a[1]=1 | a[2]=2")]
    [InlineData("a = [1]\na += ${a}", "a[0]=1 | a[1][0]=1")]
    public void A_text_reads_as_the_specification_says(string text, string expected) => HoconText.Flat(text).ShouldBe(expected);

    [Theory]
    [InlineData("a = }", "t.conf:1:5: found \"}\", expected a value")]
    [InlineData("a = 1\nb 2\nc = 3", "t.conf:3:1: found \"c\", expected =, :, += or { after the key \"b 2\"")]
    [InlineData("a = {\n b = 1", "t.conf:2:7: found end of file, expected a comma, a new line or }")]
    [InlineData("a = {\n b = 1\n", "t.conf:3:1: found end of file, expected a key, a comma between two fields, or }")]
    [InlineData("a = [1, 2", "t.conf:1:10: found end of file, expected a comma, a new line or ]")]
    [InlineData("a = [1,,2]", "t.conf:1:8: found \",\", expected a value")]
    [InlineData("a = 1,,b = 2", "t.conf:1:7: found \",\", expected a key, a comma between two fields, or end of file")]
    [InlineData("a = 1 }", "t.conf:1:7: found \"}\", expected a comma, a new line or end of file")]
    [InlineData("{ a = 1 } b = 2", "t.conf:1:11: found \"b\", expected end of file after the closing }")]
    [InlineData("[1]", "t.conf:1:1: found \"[\", expected an object (a configuration is not an array)")]
    [InlineData("a = \"x\ny\"", "t.conf:1:5: found a string that does not end on its line, expected closing \" (or \"\"\" for a string of several lines)")]
    [InlineData("\na = \"\"\"x\n", "t.conf:2:5: found a string that never ends, expected closing \"\"\"")]
    [InlineData("a = \"\\q\"", "t.conf:1:6: found \"\\q\", expected an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hexadecimal digits")]
    [InlineData("a = \"\\u12\"", "t.conf:1:6: found \"\\u\", expected an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hexadecimal digits")]
    [InlineData("a = x@y", "t.conf:1:6: found \"@\", expected a key or value (this character must be in quotes)")]
    [InlineData("a = \"\"\"\n\n\"\"\" @", "t.conf:3:5: found \"@\", expected a key or value (this character must be in quotes)")]
    [InlineData("a = http://x", "t.conf:1:9: found \":\", expected a comma, a new line or end of file")]
    [InlineData("a..b = 1", "t.conf:1:1: found \"a..b\", expected a path whose elements are not empty (an empty element is written \"\")")]
    [InlineData("a. = 1", "t.conf:1:4: found \"=\", expected a path whose elements are not empty (an empty element is written \"\")")]
    [InlineData("a = ${b", "t.conf:1:8: found end of file, expected } to close the substitution")]
    [InlineData("a = ${}", "t.conf:1:7: found \"}\", expected a path such as a.b or a.\"b.c\"")]
    [InlineData("${a} = 1", "t.conf:1:1: found \"${\", expected a key, a comma between two fields, or end of file")]
    [InlineData("include = 1", "t.conf:1:9: found \"=\", expected \"file\", file(\"file\"), required(\"file\") or required(file(\"file\")) after include")]
    [InlineData("include url(\"x\")",
        "t.conf:1:9: found \"url(\", expected \"file\", file(\"file\"), required(\"file\") or required(file(\"file\")) after include")]
    [InlineData("a = [{ b += 1 }]", "t.conf:1:8: found += inside an array, expected = or : (there is no path by which to add to this key)")]
    [InlineData("a = {x=1} 5", "t.conf:1: an object and a single value stand side by side and cannot be joined (a comma or new line missing?)")]
    [InlineData("a = [1] {x=1}", "t.conf:1: an array and an object stand side by side and cannot be joined (a comma or new line missing?)")]
    public void A_mistake_is_named_with_file_line_and_column(string text, string expected) =>
        HoconText.Failure(text).Message.ShouldBe(expected);

    [Fact]
    public void A_syntax_failure_carries_its_place_and_what_was_found_and_expected()
    {
        HoconException failure = HoconText.Failure("a = 1\nb = ]");

        failure.Origin.ShouldBe(new HoconOrigin("t.conf", 2, 5));
        failure.Message.ShouldBe("t.conf:2:5: found \"]\", expected a value");
    }

    [Fact]
    public void Every_value_knows_the_line_it_was_written_on()
    {
        HoconConfig config = HoconConfig.Parse("a {\n  b = 1\n\n  c = [\n 2\n ]\n}\nd = \"\"\"\n\n\"\"\"\ne = 5", "t.conf");

        config.Effective().Select(static s => $"{s.Path} {s.Origin}")
            .ShouldBe(["a.b t.conf:2", "a.c[0] t.conf:5", "d t.conf:8", "e t.conf:11"]);
    }

    [Fact]
    public void A_path_survives_being_rendered_and_parsed()
    {
        string[] elements = ["a", "b.c", "", "d e", "\"q\\", "\u0001\n", "ü-_9"];

        HoconPath.Parse(HoconPath.Render(elements)).ShouldBe(elements);
    }
}
