using System.Globalization;
using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

public sealed class HoconFilesTests : IDisposable
{
    private const string Reference = """
        dataload {
          amqp {
            url = "amqp://guest:guest@127.0.0.1:5672/"
            url = ${?DATALOAD_AMQP_URL}
          }
          store.flush-interval = 1s
          copy = ${dataload.store.flush-interval}
        }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("hocon-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_environment_beats_the_reference_and_a_file_beats_both()
    {
        IReadOnlyDictionary<string, string> environment = HoconText.Env(("DATALOAD_AMQP_URL", "amqp://env/"));
        string file = Write("my.conf", "dataload.amqp.url = \"amqp://file/\"");

        HoconConfig.Load([("reference.conf", Reference)], [], HoconText.NoEnvironment).GetString("dataload.amqp.url")
            .ShouldBe("amqp://guest:guest@127.0.0.1:5672/");
        HoconConfig.Load([("reference.conf", Reference)], [], environment).GetString("dataload.amqp.url").ShouldBe("amqp://env/");
        HoconConfig.Load([("reference.conf", Reference)], [file], environment).GetString("dataload.amqp.url").ShouldBe("amqp://file/");
    }

    [Fact]
    public void Later_files_win_and_substitutions_see_the_whole()
    {
        string one = Write("one.conf", "dataload.store.flush-interval = 2s\ndataload.amqp.url = \"one\"");
        string two = Write("two.conf", "dataload.store.flush-interval = 3s");

        HoconConfig config = HoconConfig.Load([("reference.conf", Reference)], [one, two], HoconText.NoEnvironment);

        config.GetString("dataload.copy").ShouldBe("3s");
        config.GetString("dataload.amqp.url").ShouldBe("one");
        config.Get("dataload.store.flush-interval").Origin.ToString().ShouldBe(two + ":1");
    }

    [Theory]
    [InlineData("include \"b.conf\"", "x=1 | y=1")]
    [InlineData("include file(\"b.conf\")", "x=1 | y=1")]
    [InlineData("include required(\"b.conf\")", "x=1 | y=1")]
    [InlineData("include required(file(\"b.conf\"))", "x=1 | y=1")]
    [InlineData("include required( file( \"b.conf\" ) )", "x=1 | y=1")]
    [InlineData("include\n\"b.conf\"", "x=1 | y=1")]
    [InlineData("include \"b\"", "j=1 | x=1 | y=1")]
    [InlineData("include \"sub/c.conf\"", "c=1 | d=1")]
    [InlineData("include \"absent.conf\", z = 1", "z=1")]
    [InlineData("x = 0, include \"b.conf\"", "x=1 | y=1")]
    [InlineData("include \"b.conf\"\nx = 2", "x=2 | y=2")]
    [InlineData("o { include \"b.conf\" }", "o.x=1 | o.y=1")]
    [InlineData("o { include \"b.conf\" }, o.x = 42", "o.x=42 | o.y=42")]
    [InlineData("l = [{ include \"sub/d.conf\" }]", "l[0].d=1")]
    public void An_include_reads_relative_to_the_file_that_holds_it(string text, string expected)
    {
        Write("b.conf", "x = 1\ny = ${x}");
        Write("b.json", "{\"j\":1,\"x\":0}");
        Write("sub/c.conf", "c = 1\ninclude \"d.conf\"");
        Write("sub/d.conf", "d = 1");

        Load(Write("a.conf", text)).ShouldBe(expected);
    }

    [Fact]
    public void An_included_file_sees_the_root_when_its_own_place_has_no_such_path()
    {
        Write("b.conf", "y = ${root}\nlist += 2");

        Load(Write("a.conf", "root = r\no { list = [1] }\no { include \"b.conf\" }")).ShouldBe("root=r | o.list[0]=1 | o.list[1]=2 | o.y=r");
    }

    [Fact]
    public void A_missing_required_include_is_named()
    {
        string file = Write("a.conf", "\ninclude required(\"absent.conf\")");

        LoadFailure(file).ShouldBe($"{file}:2: include required(\"absent.conf\"): there is no such file beside {file}");
    }

    [Fact]
    public void A_mistake_in_an_included_file_names_that_file()
    {
        Write("b.conf", "x = 1\ny = }");

        LoadFailure(Write("a.conf", "include \"b.conf\"")).ShouldStartWith(Path.Combine(_directory, "b.conf") + ":2:5: found \"}\"");
    }

    [Fact]
    public void A_circle_of_includes_is_named()
    {
        string a = Write("a.conf", "include \"b.conf\"");
        string b = Write("b.conf", "include \"./a.conf\"");

        LoadFailure(a).ShouldBe($"{b}:1: include \"./a.conf\": the file includes itself ({a} includes {b} includes {a})");
    }

    [Fact]
    public void Includes_are_bounded_in_depth_number_and_characters()
    {
        for (int i = 0; i < 20; i++)
        {
            string here = i.ToString(CultureInfo.InvariantCulture);
            string next = (i + 1).ToString(CultureInfo.InvariantCulture);
            Write($"deep{here}.conf", $"include \"deep{next}.conf\"");
            Write($"wide{here}.conf", $"include \"wide{next}.conf\"\ninclude \"wide{next}.conf\"");
        }

        Write("deep20.conf", "");
        Write("wide20.conf", "");
        string big = Write("big.conf", "# " + new string('x', 1000));
        string bigs = Write("bigs.conf", "include \"big.conf\"\ninclude \"big.conf\"");

        LoadFailure(Path.Combine(_directory, "deep0.conf")).ShouldContain("too many includes");
        LoadFailure(Path.Combine(_directory, "wide6.conf")).ShouldContain("too many includes");
        LoadFailure(big, new HoconLimits { MaxFileChars = 1000 }).ShouldContain("at most 1000 characters");
        LoadFailure(bigs, new HoconLimits { MaxTotalChars = 2000 }).ShouldContain("at most 2000 characters together");
    }

    [Fact]
    public void An_endless_device_is_cut_off()
    {
        if (OperatingSystem.IsLinux())
        {
            LoadFailure("/dev/zero").ShouldBe("/dev/zero: a configuration file may have at most 1048576 characters");
        }
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        string absent = Path.Combine(_directory, "absent.conf");
        string binary = Path.Combine(_directory, "binary.conf");
        File.WriteAllBytes(binary, [0x61, 0x3d, 0xff, 0xfe]);

        LoadFailure(absent).ShouldStartWith($"{absent}: configuration file cannot be read: ");
        LoadFailure(_directory).ShouldStartWith($"{_directory}: configuration file cannot be read: ");
        LoadFailure("").ShouldContain("is not a file name");
        LoadFailure(binary).ShouldContain("is not UTF-8 text");
    }

    [Fact]
    public void A_text_that_is_no_file_cannot_include_a_relative_one() =>
        HoconText.Failure("include \"b.conf\"").Message
            .ShouldBe("t.conf:1: include \"b.conf\": t.conf is not a file, so there is nothing it could be relative to");

    private static string Load(string file) => HoconText.Flat(HoconConfig.Load([("reference.conf", "")], [file], HoconText.NoEnvironment));

    private static string LoadFailure(string file, HoconLimits? limits = null) =>
        Should.Throw<HoconException>(() => HoconConfig.Load([("reference.conf", "")], [file], HoconText.NoEnvironment, limits)).Message;

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
