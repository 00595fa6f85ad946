using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

public sealed class HoconReadingTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250", 2_500_000)]
    [InlineData("100ns", 1)]
    [InlineData("1 nanosecond", 1)]
    [InlineData("50 nanoseconds", 1)]
    [InlineData("7us", 70)]
    [InlineData("7 microseconds", 70)]
    [InlineData("500ms", 5_000_000)]
    [InlineData("1.5 s", 15_000_000)]
    [InlineData("2 seconds", 20_000_000)]
    [InlineData("5m", 3_000_000_000)]
    [InlineData("1 minute", 600_000_000)]
    [InlineData("2h", 72_000_000_000)]
    [InlineData("1 hour", 36_000_000_000)]
    [InlineData("1d", 864_000_000_000)]
    [InlineData("\" 3 days \"", 2_592_000_000_000)]
    public void A_duration_has_a_unit_or_is_milliseconds(string text, long ticks) =>
        HoconConfig.Parse("a = " + text).GetDuration("a").Ticks.ShouldBe(ticks);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("123", 123)]
    [InlineData("7B", 7)]
    [InlineData("7 bytes", 7)]
    [InlineData("1kB", 1000)]
    [InlineData("1KB", 1000)]
    [InlineData("2 kilobytes", 2000)]
    [InlineData("1K", 1024)]
    [InlineData("1k", 1024)]
    [InlineData("1Ki", 1024)]
    [InlineData("1KiB", 1024)]
    [InlineData("0.5K", 512)]
    [InlineData("3MB", 3_000_000)]
    [InlineData("3M", 3 * 1024 * 1024)]
    [InlineData("3 mebibytes", 3 * 1024 * 1024)]
    [InlineData("64 MiB", 64 * 1024 * 1024)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("1g", 1L << 30)]
    [InlineData("2TiB", 2L << 40)]
    [InlineData("1PB", 1_000_000_000_000_000)]
    [InlineData("1E", 1L << 60)]
    public void A_size_counts_in_thousands_or_in_1024s_as_its_unit_says(string text, long bytes) =>
        HoconConfig.Parse("a = " + text).GetBytes("a").ShouldBe(bytes);

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("on", true)]
    [InlineData("\"false\"", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    public void A_boolean_has_six_spellings(string text, bool expected) => HoconConfig.Parse("a = " + text).GetBool("a").ShouldBe(expected);

    [Fact]
    public void Numbers_lists_and_objects_are_read_from_strings_too()
    {
        HoconConfig config = HoconConfig.Parse("o { i = -5, l = \"9000000000\", s = 007, list = [a, \"b c\"], x = null }");

        config.GetInt("o.i").ShouldBe(-5);
        config.GetLong("o.l").ShouldBe(9_000_000_000);
        config.GetString("o.s").ShouldBe("007");
        config.GetStringList("o.list").ShouldBe(["a", "b c"]);
        config.GetOneOf("o.s", "x", "007").ShouldBe("007");
        config.GetObject("o").Keys.ShouldBe(["i", "l", "s", "list", "x"]);
        config.GetObject("o").GetInt("i").ShouldBe(-5);
        config.GetObject("o").Get("i").Path.ShouldBe("o.i");
        config.Find("o.i").ShouldNotBeNull();
        config.Find("o.x").ShouldBeNull("null is as good as not set");
        config.Find("o.i.j").ShouldBeNull();
    }

    public static TheoryData<string, Action<HoconConfig>, string> Failures => new()
    {
        { "a = abc", static c => c.GetDuration("a"),
            "a = \"abc\": expected a duration such as 500ms, 1s, 5m (units ns, us, ms, s, m, h, d; a bare number is milliseconds)" },
        { "a = 5 weeks", static c => c.GetDuration("a"),
            "a = \"5 weeks\": expected a duration such as 500ms, 1s, 5m (units ns, us, ms, s, m, h, d; a bare number is milliseconds)" },
        { "a = 99999999999d", static c => c.GetDuration("a"),
            "a = \"99999999999d\": expected a duration such as 500ms, 1s, 5m (units ns, us, ms, s, m, h, d; a bare number is milliseconds)" },
        { "a = -1s", static c => c.GetDuration("a"), "a = \"-1s\": expected at least 0s" },
        { "a = 5s", static c => c.GetDuration("a", max: TimeSpan.FromMilliseconds(1500)), "a = \"5s\": expected at most 1500ms" },
        { "a = 5X", static c => c.GetBytes("a"),
            "a = \"5X\": expected a size such as 512K, 64MiB, 1GB (K, Ki, KiB... are powers of 1024, kB, MB... powers of 1000; a bare number is bytes)" },
        { "a = 1K", static c => c.GetBytes("a", min: 4096), "a = \"1K\": expected at least 4096 bytes" },
        { "a = x", static c => c.GetInt("a"), "a = \"x\": expected a whole number" },
        { "a = 1.5", static c => c.GetInt("a"), "a = \"1.5\": expected a whole number" },
        { "a = 3000000000", static c => c.GetInt("a"), "a = \"3000000000\": expected at most 2147483647" },
        { "a = 0", static c => c.GetInt("a", 1, 10), "a = \"0\": expected at least 1" },
        { "a = 11", static c => c.GetLong("a", 1, 10), "a = \"11\": expected at most 10" },
        { "a = maybe", static c => c.GetBool("a"), "a = \"maybe\": expected true, false, yes, no, on or off" },
        { "a = z", static c => c.GetOneOf("a", "x", "y"), "a = \"z\": expected one of x, y" },
        { "a = z", static c => c.GetList("a"), "a = \"z\": expected a list such as [a, b]" },
        { "a = z", static c => c.GetObject("a"), "a = \"z\": expected an object such as { key = value }" },
        { "a { b = 1 }", static c => c.GetString("a"), "a is an object: expected a string" },
        { "a = [[1]]", static c => c.GetList("a")[0].AsInt(), "a[0] is an array: expected a whole number" },
        { "a = [1, x]", static c => _ = c.GetList("a").Select(static v => v.AsInt()).ToList(), "a[1] = \"x\": expected a whole number" },
        { "a.password = x", static c => c.GetInt("a.password"), "a.password = \"***\": expected a whole number" },
        { "a = \"amqp://u:pw@h\"", static c => c.GetInt("a"), "a = \"amqp://u:***@h\": expected a whole number" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void A_value_of_the_wrong_type_is_named_with_its_place_and_what_was_expected(string text, Action<HoconConfig> read, string expected) =>
        Should.Throw<HoconException>(() => read(HoconConfig.Parse("\n" + text, "hocon/my.conf"))).Message.ShouldBe("hocon/my.conf:2: " + expected);

    [Fact]
    public void A_missing_value_is_named_with_its_full_path()
    {
        HoconConfig config = HoconConfig.Parse("a { b = 1, n = null }");

        Should.Throw<HoconException>(() => config.GetDuration("a.c")).Message.ShouldBe("a.c is not set: expected a duration");
        Should.Throw<HoconException>(() => config.GetObject("a").GetInt("c.d")).Message.ShouldBe("a.c.d is not set: expected a whole number");
        Should.Throw<HoconException>(() => config.GetInt("a.n")).Message.ShouldBe("a.n is not set: expected a whole number");
    }

    [Fact]
    public void A_key_with_dots_is_reached_by_its_name()
    {
        HoconConfig streams = HoconConfig.Parse("streams { \"act.buy\" { queue = q } }").GetObject("streams");

        HoconConfig entry = streams.GetKey(streams.Keys[0]).AsObject();

        Should.Throw<HoconException>(() => entry.GetInt("n")).Message.ShouldStartWith("streams.\"act.buy\".n is not set");
        entry.GetString("queue").ShouldBe("q");
    }

    [Fact]
    public void An_entry_takes_from_its_template_what_it_leaves_out()
    {
        HoconConfig config = HoconConfig.Parse("defaults { a = 1, o { x = 1, y = 1 } }\nentry { b = 2, o { y = 2 } }");

        HoconConfig entry = config.GetObject("entry").WithFallback(config.GetObject("defaults"));

        HoconText.Flat(entry).ShouldBe("entry.a=1 | entry.o.x=1 | entry.o.y=2 | entry.b=2");
    }
}
