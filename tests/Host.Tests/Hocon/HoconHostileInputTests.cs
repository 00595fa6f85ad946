using System.Diagnostics;
using System.Globalization;
using System.Text;
using DataLoad.Engine.Tests.Hostile;
using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

/// <summary>Whatever the input, the answer is a configuration or a <see cref="HoconException"/>, and it comes soon.</summary>
public sealed class HoconHostileInputTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly string[] Documents =
    [
        "a { b = 1, c = [1, 2, {d = x}] } # comment\ne = ${a.b}\"x\" ${?f}\na.c += 5\na.g = ${a.c} [3]\n",
        "{\"a\":{\"b\":[1,true,null,\"x\\u0041\\n\"]},\"c\":-1.5e+3}",
        "p = x, p = ${p}\":y\", q { r = ${q.s}, s = 2 } { t = ${?p} }\n\"a.b\".c = \"\"\"z\n\"\"\"\n",
        "x = ${y}\ny = ${z} { k = ${x.k} }\nz { k = 1 }\nx { l = ${x.k} }\nx += ${?x}\n",
    ];

    /// <summary>What a byte of a file may cost, in bytes of memory: values, their origins, and what a substitution copies.</summary>
    private const int PerByte = 2_000;

    private const int Rounds = 250;

    static HoconHostileInputTests()
    {
        // What is made once, at the first use of the reader, is no input's cost.
        foreach (string document in Documents)
        {
            ReadOrRefuse(() => HoconConfig.Parse(document, "fuzz"), isItsOwnSchema: true);
            ReadOrRefuse(() => HoconConfig.Parse($"{document}{{", "fuzz"), isItsOwnSchema: true);
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    private static ReadOnlySpan<byte> Telling => "{}[]=:,+\"\\#/$?.\n ab1\0\uFEFF"u8;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_documents_are_read_or_refused(int seed)
    {
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Documents[random.Next(Documents.Length)]);
            for (int more = random.Next(3); more > 0; more--)
            {
                bytes = [.. bytes, .. Encoding.UTF8.GetBytes(Documents[random.Next(Documents.Length)])];
            }

            bytes = ByteMutator.MutateSome(ByteMutator.MutateSome(bytes, random, Telling), random, Telling);
            refused += ReadOrRefuse(Encoding.UTF8.GetString(bytes)) ? 0 : 1;
        }

        refused.ShouldBeInRange(1, Rounds - 1, "a fuzz that is always refused, or never, tests nothing");
        clock.Elapsed.ShouldBeLessThan(Soon);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_files_are_read_or_refused(int seed)
    {
        var random = new Random(seed);
        string path = Path.GetTempFileName();
        try
        {
            for (int round = 0; round < 50; round++)
            {
                byte[] bytes = ByteMutator.MutateSome(Encoding.UTF8.GetBytes(Documents[random.Next(Documents.Length)]), random);
                File.WriteAllBytes(path, bytes);
                AllocationBound.ShouldHold(bytes, PerByte, () =>
                    ReadOrRefuse(() => HoconConfig.Load([("reference.conf", "")], [path], HoconText.NoEnvironment), isItsOwnSchema: false));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_text_is_read_or_refused(int seed)
    {
        const string Alphabet = "abc.{}[]=:,+\"$?#\n \\/";
        var random = new Random(seed);
        for (int round = 0; round < 250; round++)
        {
            bool isAnyByte = round % 4 == 0;
            var text = new StringBuilder();
            for (int length = random.Next(1, 200); length > 0; length--)
            {
                text.Append(isAnyByte ? (char)random.Next(0x100) : Alphabet[random.Next(Alphabet.Length)]);
            }

            ReadOrRefuse(text.ToString());
        }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[")]
    [InlineData("a{")]
    [InlineData("a=[")]
    [InlineData("a=[{")]
    [InlineData("a.")]
    [InlineData("${")]
    [InlineData("a=${a")]
    [InlineData("a=${?a}${?a}\n")]
    [InlineData("a=${?a}[1]\n")]
    [InlineData("a=${?a}{b=${?a}}\n")]
    [InlineData("a=[${?a},${?a}]\n")]
    [InlineData("\"")]
    [InlineData("\"\"\"\"")]
    [InlineData("include ")]
    [InlineData("a=b ")]
    [InlineData("//")]
    public void Endless_repetition_is_read_or_refused_soon(string piece)
    {
        var clock = Stopwatch.StartNew();
        ReadOrRefuse(string.Concat(Enumerable.Repeat(piece, 100_000)));
        ReadOrRefuse("a=" + string.Concat(Enumerable.Repeat(piece, 100_000)));
        clock.Elapsed.ShouldBeLessThan(Soon);
    }

    [Fact]
    public void Nesting_is_allowed_to_the_limit_and_refused_beyond()
    {
        HoconConfig.Parse("a=" + new string('[', 100) + new string(']', 100)).Find("a").ShouldNotBeNull();
        HoconConfig.Parse(string.Concat(Enumerable.Repeat("a{", 100)) + new string('}', 100)).Find("a").ShouldNotBeNull();
        HoconConfig.Parse(string.Join('.', Enumerable.Repeat("a", 100)) + "=1").Find("a").ShouldNotBeNull();

        HoconText.Failure("a=" + new string('[', 101) + new string(']', 101)).Message
            .ShouldBe("t.conf:1:103: found values nested too deep, expected at most 100 levels");
        HoconText.Failure("{" + new string('{', 100_000)).Message.ShouldStartWith("t.conf:1:2: found \"{\"");
        HoconText.Failure(string.Concat(Enumerable.Repeat("a{", 100_000))).Message
            .ShouldBe("t.conf:1:202: found values nested too deep, expected at most 100 levels");
        HoconText.Failure(string.Join('.', Enumerable.Repeat("a", 101)) + "=1").Message.ShouldContain("a path too deep");
    }

    [Fact]
    public void A_chain_of_substitutions_is_followed_to_the_limit_and_refused_beyond()
    {
        HoconConfig.Parse(Chain(50)).GetInt("a0").ShouldBe(1);
        HoconText.Failure(Chain(100_000 / 10)).Message.ShouldContain("substitutions nested too deep (at most 300 levels)");
    }

    [Theory]
    [InlineData("a0=xxxxxxxxxx", "a{0}=${{a{1}}}${{a{1}}}")]
    [InlineData("a0=[1]", "a{0}=${{a{1}}}${{a{1}}}")]
    [InlineData("a0=[1]", "a{0}=[${{a{1}}},${{a{1}}}]")]
    [InlineData("a0={{k=1}}", "a{0}={{x=${{a{1}}},y=${{a{1}}}}}")]
    public void Values_that_double_at_each_step_are_refused(string first, string step)
    {
        string text = string.Format(CultureInfo.InvariantCulture, first) + "\n" + string.Concat(
            Enumerable.Range(1, 60).Select(i => string.Format(CultureInfo.InvariantCulture, step, i, i - 1) + "\n"));

        HoconText.Failure(text).Message.ShouldMatch("(larger than|more than) [0-9]+ (characters after substitution|steps to resolve)");
    }

    [Fact]
    public void Many_references_to_a_large_value_are_refused_before_they_fill_the_memory()
    {
        string text = "s = \"" + new string('x', 500_000) + "\"\n"
            + string.Concat(Enumerable.Range(0, 30_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"b{i}=${{s}}${{s}}\n")));

        HoconText.Failure(text).Message.ShouldContain("steps to resolve");
    }

    [Fact]
    public void Many_definitions_looked_up_many_times_are_refused_soon()
    {
        string text = string.Concat(Enumerable.Repeat("a=${?z}\n", 40_000))
            + string.Concat(Enumerable.Range(0, 40_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"b{i}=${{?a}}\n")));

        HoconText.Failure(text).Message.ShouldContain("steps to resolve");
    }

    [Fact]
    public void Overwritten_values_cost_nothing_to_those_who_refer_to_the_last()
    {
        string text = string.Concat(Enumerable.Repeat("a=1\n", 40_000))
            + string.Concat(Enumerable.Range(0, 40_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"b{i}=${{a}}\n")));

        HoconConfig.Parse(text).GetInt("b39999").ShouldBe(1);
    }

    private static string Chain(int length) => string.Concat(Enumerable.Range(0, length).Select(
        static i => string.Create(CultureInfo.InvariantCulture, $"a{i}=${{a{i + 1}}}\n"))) + "a" + length.ToString(CultureInfo.InvariantCulture) + "=1";

    /// <returns>Whether it was read.</returns>
    private static bool ReadOrRefuse(string text)
    {
        bool isRead = false;
        AllocationBound.ShouldHold(Encoding.UTF8.GetBytes(text), PerByte, () =>
            isRead = ReadOrRefuse(() => HoconConfig.Parse(text, "fuzz"), isItsOwnSchema: true));
        return isRead;
    }

    private static bool ReadOrRefuse(Func<HoconConfig> read, bool isItsOwnSchema)
    {
        try
        {
            HoconConfig config = read();
            config.Effective().Count.ShouldBeGreaterThanOrEqualTo(0);
            bool isKnown = config.FindUnknownKeys().Count == 0;
            (isKnown || !isItsOwnSchema).ShouldBeTrue("a text is its own schema");
            return true;
        }
        catch (HoconException e)
        {
            e.Message.ShouldNotBeEmpty();
            return false;
        }
    }
}
