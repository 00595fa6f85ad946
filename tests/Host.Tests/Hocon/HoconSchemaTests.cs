using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

public sealed class HoconSchemaTests : IDisposable
{
    private const string Reference = """
        dataload {
          amqp {
            url = "amqp://localhost/"
            url = ${?URL}
            queue-arguments {}
            optional = null
            from-environment = ${?FROM}
          }
          store { flush-interval = 1s, paths = [a] }
          stream-defaults { prefetch = 100, queue = "", arguments {}, retry { delay = 1s } }
          streams { }
        }
        """;

    private static readonly HoconOpenMap[] OpenMaps =
    [
        new("dataload.streams.*", "dataload.stream-defaults"),
        new("dataload.stream-defaults.arguments"),
        new("dataload.amqp.queue-arguments"),
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("hocon-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("dataload.amqp.url = x")]
    [InlineData("dataload { amqp { optional = 5, from-environment = 7 } }")]
    [InlineData("dataload.amqp.queue-arguments { x-any { thing = 1 }, y = [1] }")]
    [InlineData("dataload.streams { \"act.buy\" { prefetch = 5, retry.delay = 2s } }")]
    [InlineData("dataload.streams { \"act.buy\".arguments { x-max = 5 } }")]
    [InlineData("dataload.streams { \"act.buy\" = ${dataload.stream-defaults} { prefetch = 5 } }")]
    [InlineData("dataload.store.paths += b")]
    [InlineData("dataload.store.flush-interval = ${?NO}")]
    [InlineData("dataload.amqp.queue-arguments = null")]
    [InlineData("host = here, dataload.amqp.url = \"amqp://\"${host}")]
    [InlineData("shared { a = [x], b { c = 1 } }, dataload.store.paths = ${shared.a} [y]")]
    public void What_the_reference_allows_is_no_problem(string text) =>
        Load(text).FindUnknownKeys(OpenMaps).ShouldBeEmpty();

    [Theory]
    [InlineData("\ndataload.amqp.ulr = x", "2: dataload.amqp.ulr is not a known setting; did you mean dataload.amqp.url?")]
    [InlineData("dataload {\n store {\n  flush-intervall = 2s\n } }",
        "3: dataload.store.flush-intervall is not a known setting; did you mean dataload.store.flush-interval?")]
    [InlineData("host = here, hots = there, dataload.amqp.url = ${host}", "1: hots is not a known setting")]
    [InlineData("datalaod += x", "1: datalaod is not a known setting; did you mean dataload?")]
    [InlineData("dataload { host = here, amqp.url = ${dataload.host} }", "1: dataload.host is not a known setting")]
    [InlineData("datalaod.amqp.url = x", "1: datalaod is not a known setting; did you mean dataload?")]
    [InlineData("dataload.flush-interval = x", "1: dataload.flush-interval is not a known setting; did you mean dataload.store.flush-interval?")]
    [InlineData("dataload.zzz = x", "1: dataload.zzz is not a known setting")]
    [InlineData("dataload.zzz = ${?NO}", "1: dataload.zzz is not a known setting")]
    [InlineData("dataload.streams { \"act.buy\" { prefech = 5 } }",
        "1: dataload.streams.\"act.buy\".prefech is not a known setting; did you mean dataload.streams.\"act.buy\".prefetch?")]
    [InlineData("dataload.streams { x.retry.dealy = 5 }",
        "1: dataload.streams.x.retry.dealy is not a known setting; did you mean dataload.streams.x.retry.delay?")]
    [InlineData("dataload.amqp = \"x\"", "1: dataload.amqp is a single value: expected an object, as at reference.conf:2")]
    [InlineData("dataload.amqp.url { host = x }", "1: dataload.amqp.url is an object: expected a single value, as at reference.conf:3")]
    [InlineData("dataload.store.paths = x", "1: dataload.store.paths is a single value: expected a list, as at reference.conf:9")]
    [InlineData("dataload.amqp.queue-arguments = 5", "1: dataload.amqp.queue-arguments is a single value: expected an object, as at reference.conf:5")]
    [InlineData("dataload.streams.x = 5", "1: dataload.streams.x is a single value: expected an object, as at reference.conf:10")]
    [InlineData("dataload.store = ${dataload.stream-defaults}",
        "10: dataload.store.prefetch is not a known setting; did you mean dataload.stream-defaults.prefetch?", "reference.conf")]
    public void What_the_reference_does_not_know_is_named_with_place_and_suggestion(string text, string expected, string? file = null)
    {
        HoconConfig config = Load(text);

        config.FindUnknownKeys(OpenMaps)[0].ToString().ShouldBe((file ?? MyConf) + ":" + expected);
    }

    [Fact]
    public void An_object_in_place_of_a_value_from_the_environment_is_a_problem() =>
        Load("dataload.store = ${?STORE}", ("STORE", "x")).FindUnknownKeys(OpenMaps)[0].ToString()
            .ShouldBe("environment variable STORE: dataload.store is a single value: expected an object, as at reference.conf:9");

    [Fact]
    public void All_problems_are_told_together_and_each_once()
    {
        HoconConfig config = Load("dataload.ampq { a = 1, b = 2 }\ndataload.stor = 1\ndataload.stor = 2");

        config.FindUnknownKeys(OpenMaps).Select(static p => p.Path).ShouldBe(["dataload.ampq", "dataload.stor"]);
        Should.Throw<HoconException>(() => config.RequireKnownKeys(OpenMaps)).Message.ShouldBe(
            $"{MyConf}:1: dataload.ampq is not a known setting; did you mean dataload.amqp?\n"
            + $"{MyConf}:2: dataload.stor is not a known setting; did you mean dataload.store?");
    }

    [Fact]
    public void A_single_problem_carries_its_place()
    {
        HoconException failure = Should.Throw<HoconException>(() => Load("\n\n  dataload.zzz = 1").RequireKnownKeys(OpenMaps));

        failure.Origin.ShouldBe(new HoconOrigin(MyConf, 3, 3));
    }

    [Fact]
    public void A_file_full_of_unknown_keys_is_answered_with_the_first_fifty() =>
        Load(string.Concat(Enumerable.Range(0, 20_000).Select(static i => "k" + i.ToString(System.Globalization.CultureInfo.InvariantCulture) + "=1\n")))
            .FindUnknownKeys(OpenMaps).Count.ShouldBe(50);

    private string MyConf => Path.Combine(_directory, "my.conf");

    private HoconConfig Load(string text, params (string Name, string Value)[] environment)
    {
        File.WriteAllText(MyConf, text);
        return HoconConfig.Load([("reference.conf", Reference)], [MyConf], HoconText.Env(environment));
    }
}
