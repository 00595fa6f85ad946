using System.Globalization;
using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

public sealed class HoconSubstitutionTests
{
    [Theory]
    [InlineData("a = 1, b = ${a}", "a=1 | b=1")]
    [InlineData("b = ${a}, a = 1", "b=1 | a=1")]
    [InlineData("a = x, b = pre-${a}\"-post\"", "a=x | b=pre-x-post")]
    [InlineData("a = x, b = ${a} and  ${a}", "a=x | b=x and  x")]
    [InlineData("a { x=1 }, b = ${a} { y=2 }", "a.x=1 | b.x=1 | b.y=2")]
    [InlineData("a { x=1 }, b = ${a}, b { x=3 }", "a.x=1 | b.x=3")]
    [InlineData("a = [1], b = ${a} [2] ${a}", "a[0]=1 | b[0]=1 | b[1]=2 | b[2]=1")]
    [InlineData("a = [1], b = [${a}, ${?no}]", "a[0]=1 | b[0][0]=1")]
    [InlineData("\"x.y\".z = 1, b = ${\"x.y\".z}", "\"x.y\".z=1 | b=1")]
    [InlineData("a = 1, b = ${a}, a = 2", "b=2 | a=2", true)]
    // Optional.
    [InlineData("a = ${?no}", "")]
    [InlineData("a = 1, a = ${?no}", "a=1")]
    [InlineData("a = x${?no}y", "a=xy")]
    [InlineData("a = ${?no}${?no}", "")]
    [InlineData("a = ${?no} [1]", "a[0]=1")]
    [InlineData("a = null, b = ${a}", "a=null | b=null")]
    // Inside the object being defined.
    [InlineData("bar { foo = 42, baz = ${bar.foo} }", "bar.foo=42 | bar.baz=42")]
    [InlineData("bar { foo = 42, baz = ${bar.foo} }\nbar { foo = 43 }", "bar.foo=43 | bar.baz=43")]
    [InlineData("bar { a = ${foo.d}, b = 1 }\nbar.b = 3\nfoo { c = ${bar.b}, d = 2 }\nfoo.d = 4", "bar.a=4 | bar.b=3 | foo.c=3 | foo.d=4")]
    // Self-reference looks back.
    [InlineData("path = a, path = ${path}\":b\"", "path=a:b")]
    [InlineData("path = a, path = ${path}\":b\", path = ${path}\":c\"", "path=a:b:c")]
    [InlineData("path = ${?path}x", "path=x")]
    [InlineData("a = ${?a}", "")]
    [InlineData("a { x=1 }, a = ${a} { y=2 }", "a.x=1 | a.y=2")]
    [InlineData("a = [1], a = ${a} [2], a = [0] ${a}", "a[0]=0 | a[1]=1 | a[2]=2")]
    [InlineData("foo { a { c = 1 } }\nfoo = ${foo.a}\nfoo { a = 2 }", "foo.a=2 | foo.c=1", true)]
    [InlineData("o { p = x }, o { p = ${o.p}y }", "o.p=xy")]
    [InlineData("base { p = z }\no { p = x }\no = ${base}\no { p = ${o.p}y }", "base.p=z | o.p=zy")]
    // A value mixed in refers to what it is mixed into.
    [InlineData("d { host = h, url = ${s.host}/x }\ns = ${d}\ns { host = w }", "d.host=h | d.url=w/x | s.host=w | s.url=w/x")]
    [InlineData("a = ${b.x}\nb { x = 1, y = ${a} }", "a=1 | b.x=1 | b.y=1")]
    [InlineData("b { y = 1 }\na = ${b} { x = ${a.y} }", "b.y=1 | a.y=1 | a.x=1")]
    // What a circle saw on its way is not what others see.
    [InlineData("a = 1, a = ${b}x, b = ${a}y", "a=1yx | b=1yxy")]
    // Optional circles are undefined.
    [InlineData("a = ${?b}, b = ${?a}", "")]
    public void A_substitution_resolves_as_the_specification_says(string text, string expected, bool isAnyOrder = false)
    {
        string flat = HoconText.Flat(text);

        if (isAnyOrder)
        {
            flat.Split(" | ").Order(StringComparer.Ordinal).ShouldBe(expected.Split(" | ").Order(StringComparer.Ordinal));
        }
        else
        {
            flat.ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData("a = ${b}, b = ${a}", "t.conf:1: substitution cycle: ${b} (t.conf:1) -> ${a} (t.conf:1) -> ${b}")]
    [InlineData("a = ${b}\nb = ${c}x\nc = [${a}]", "t.conf:3: substitution cycle: ${b} (t.conf:1) -> ${c} (t.conf:2) -> ${a} (t.conf:3) -> ${b}")]
    [InlineData("a = ${a}", "t.conf:1: substitution cycle: ${a} (t.conf:1) -> ${a}")]
    [InlineData("a = ${a.b}", "t.conf:1: substitution cycle: ${a.b} (t.conf:1) -> ${a.b}")]
    [InlineData("\na { x = ${a} }", "t.conf:2: substitution cycle: ${a} (t.conf:2) -> ${a}")]
    [InlineData("a = ${b}\nb { x = ${a.x} }", "t.conf:2: substitution cycle: ${a.x} (t.conf:2) -> ${a.x}")]
    public void A_circle_of_substitutions_is_named(string text, string expected) => HoconText.Failure(text).Message.ShouldBe(expected);

    [Fact]
    public void An_undefined_substitution_is_named_with_the_ways_out() =>
        HoconText.Failure("a = 1\nb = ${x.y}").Message.ShouldBe(
            "t.conf:2: ${x.y} is not defined, neither in the configuration nor as environment variable x.y (write ${?x.y} if it may be left out)");

    [Theory]
    [InlineData("a = 1, a = ${?X}", "a=env")]
    [InlineData("a = ${X}", "a=env")]
    [InlineData("a = pre-${X}", "a=pre-env")]
    [InlineData("X = conf, a = ${X}", "X=conf | a=conf")]
    [InlineData("X = null, a = ${X}", "X=null | a=null")]
    [InlineData("a = ${?EMPTY}", "a=")]
    [InlineData("a { p = 1 }, a = ${?X}, a { q = 2 }, b = ${?a.p}", "a.q=2")]
    public void An_environment_variable_stands_in_for_what_the_configuration_does_not_define(string text, string expected) =>
        HoconText.Flat(text, ("X", "env"), ("EMPTY", "")).ShouldBe(expected);

    [Fact]
    public void A_value_from_the_environment_names_its_variable()
    {
        HoconConfig config = HoconConfig.Parse("a = 1\na = ${?X}\nb = ${?Y}\nb = 2", "t.conf", HoconText.Env(("X", "abc")));

        config.Get("a").Origin.ToString().ShouldBe("environment variable X");
        Should.Throw<HoconException>(() => config.GetInt("a")).Message
            .ShouldBe("environment variable X: a = \"abc\": expected a whole number");
    }

    [Fact]
    public void A_long_list_of_appends_does_not_nest()
    {
        string text = "a = [0]\n" + string.Concat(Enumerable.Range(1, 5000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"a += {i}\n")));

        HoconConfig.Parse(text).GetList("a").Count.ShouldBe(5001);
    }
}
