using System.Collections;
using System.Reflection;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Resolving;
using DataLoad.Host.Hocon;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class SettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("settings-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_reference_holds_the_codes_defaults()
    {
        EngineSettings bound = Bind().Engine;

        // Streams are compared one by one below, breakdowns are the catalog's; everything else must be equal, property by property.
        static bool IsCompared(KeyValuePair<string, string> value) =>
            !value.Key.StartsWith("Amqp.Streams", StringComparison.Ordinal) && value.Key is not "Breakdowns";
        Values(bound, "").Where(IsCompared).ShouldBe(Values(new EngineSettings(), "").Where(IsCompared));
        Catalog.Default.WithBreakdowns(bound.Breakdowns).Pages.Select(page => (page.Name, string.Join(' ', page.Breakdowns)))
            .ShouldBe(Catalog.Default.Pages.Select(page => (page.Name, string.Join(' ', page.Breakdowns))));
    }

    [Fact]
    public void Breakdowns_are_set_by_page_and_what_is_none_is_refused_by_name()
    {
        Bind(Write("dataload.pages.act.breakdowns = [qr-code, parent]")).Engine.Breakdowns["act"].ShouldBe([Breakdown.QrCode, Breakdown.Parent]);
        Should.Throw<HoconException>(() => Bind(Write("dataload.pages.act.breakdowns = [parents]"))).Message.ShouldContain("one of parent, channel, qr-code");
        Should.Throw<HoconException>(() => Bind(Write("dataload.pages.shop.breakdowns = [parent]"))).Message.ShouldContain("dataload.pages.shop is not a known setting");
    }

    [Fact]
    public void The_reference_holds_the_defaults_of_the_commands_that_ask_a_node() => Bind().Console.ShouldBe(new ConsoleSettings());

    [Fact]
    public void The_reference_holds_the_defaults_of_the_log() => Bind().Log.ShouldBe(new LogSettings());

    [Fact]
    public void The_reference_holds_the_defaults_of_HTTP_and_of_dead_letters()
    {
        HostSettings bound = Bind();

        Values(bound.Http, "").ShouldBe(Values(new HttpSettings(), ""));
        Values(bound.DeadLetters, "").ShouldBe(Values(new DeadLetterSettings(), ""));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("http://localhost:8080;http://[::1]:8080", true)]
    [InlineData("http://127.5.5.5:1", true)]
    [InlineData("http://127.0.0.1:8080;http://192.168.0.5:8080", false)]
    [InlineData("http://0.0.0.0:8080", false)]
    [InlineData("http://[::]:8080", false)]
    [InlineData("http://localhost.example:8080", false)]
    [InlineData("http://node-1:8080", false)]
    public void An_address_that_is_not_this_machines_alone_is_known_as_such(string urls, bool isLoopback)
    {
        Bind(Write($"dataload.http.urls = \"{urls}\"")).Http.IsLoopbackOnly.ShouldBe(isLoopback);
    }

    [Fact]
    public void No_two_roles_may_share_a_token()
    {
        string[] roles = ["reader", "analyst", "operator"];
        foreach ((string one, string other) in new[] { (0, 1), (0, 2), (1, 2) }.Select(pair => (roles[pair.Item1], roles[pair.Item2])))
        {
            Should.Throw<HoconException>(() => Bind(Write($"dataload.http {{ {one}-token = same, {other}-token = same }}"))).Message
                .ShouldBe($"dataload.http.{one}-token and dataload.http.{other}-token are the same: give each role a token of its own.");
        }

        Bind(Write("dataload.http { reader-token = a, analyst-token = b, operator-token = c }")).Http.AnalystToken.ShouldBe("b");
    }

    [Fact]
    public void The_reference_names_every_stream_with_the_codes_defaults_and_queries()
    {
        AmqpSettings amqp = Bind().Engine.Amqp;

        amqp.Streams.Keys.ShouldBe(Catalog.Default.Streams.Select(stream => stream.Name), ignoreOrder: true);
        foreach (StreamDefinition stream in Catalog.Default.Streams)
        {
            StreamSettings settings = amqp.Of(stream);
            Values(settings with { Queries = new StreamSettings().Queries }, "").ShouldBe(Values(new StreamSettings(), ""));
            settings.Queries.OrderBy(query => query.Key).ShouldBe(
                stream.Lookups.Select(step => KeyValuePair.Create(step.Name, DefaultQueries.Of(step))).OrderBy(query => query.Key));
        }
    }

    [Fact]
    public void An_unknown_key_is_named_with_file_line_and_what_was_meant()
    {
        string file = Write("\ndataload.intake.prefech = 5");

        string message = Should.Throw<HoconException>(() => Bind(file)).Message;

        message.ShouldStartWith($"{file}:2: ");
        message.ShouldContain("prefetch");
    }

    [Theory]
    [InlineData("dataload.intake.prefetch = many", "dataload.intake.prefetch")]
    [InlineData("dataload.intake.prefetch = 70000", "dataload.intake.prefetch")]
    [InlineData("dataload.sharding.shards = -1", "dataload.sharding.shards")]
    [InlineData("dataload.time-zone = \"Asia/Atlantis\"", "dataload.time-zone")]
    [InlineData("dataload.statistics.flush-interval = soon", "dataload.statistics.flush-interval")]
    [InlineData("dataload.streams.\"act.buy\".queries.order = \"SELECT 1\"", "queries.order")]
    [InlineData("dataload.streams.\"act.sale\" {}", "act.sale")]
    [InlineData("dataload.http.urls = \"here\"", "dataload.http.urls")]
    [InlineData("dataload.amqp.url = \"http://here\"", "amqp://")]
    [InlineData("dataload.amqp.url = \"amqp://here:port/\"", "dataload.amqp.url")]
    [InlineData("dataload.store { provider = mysql, connection = \"postgresql://here/x\" }", "one of sqlite, postgresql")]
    [InlineData("dataload.store.connection = \"mysql://here/x\"", "postgresql://user:password@host:port/database")]
    [InlineData("dataload.store.connection = \"postgresql://here/x?sslmode=always\"", "verify-full")]
    [InlineData("dataload.store.connection = \"Host=here;Bogus=1\"", "bogus")]
    [InlineData("dataload.business { provider = postgresql, connection = \"here\" }", "postgresql://user:password@host:port/database")]
    [InlineData("dataload.telemetry.otlp-endpoint = \"here:4317\"", "dataload.telemetry.otlp-endpoint")]
    public void A_bad_value_is_named_with_file_and_line(string line, string key)
    {
        string file = Write($"\n\n{line}");

        string message = Should.Throw<HoconException>(() => Bind(file)).Message;

        message.ShouldStartWith($"{file}:3: ");
        message.ShouldContain(key);
    }

    [Theory]
    [InlineData("dataload.amqp.url = \"amqp://me:hunter2@here:port/\"")]
    [InlineData("dataload.store.connection = \"mysql://me:hunter2@here/x\"")]
    [InlineData("dataload.store.connection = \"postgresql://me:hunter2@here/x?sslmode=hunter2\"")]
    [InlineData("dataload.store.connection = \"Host=here;Password=hunter2;Bogus=hunter2\"")]
    public void A_bad_connection_is_named_without_its_password(string line) =>
        Should.Throw<HoconException>(() => Bind(Write(line))).Message.ShouldNotContain("hunter2");

    private static HostSettings Bind(params string[] files) => SettingsBinder.Bind(SettingsLoader.Load(files, HoconText.NoEnvironment), Catalog.Default);

    private string Write(string text)
    {
        string file = Path.Combine(_directory, "my.conf");
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>Every leaf of a tree of records, by its path, so that a setting added later is compared too.</summary>
    private static List<KeyValuePair<string, string>> Values(object value, string path)
    {
        var values = new List<KeyValuePair<string, string>>();
        foreach (PropertyInfo property in value.GetType().GetProperties().Where(property => property.GetIndexParameters().Length == 0))
        {
            string at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            object? inner = property.GetValue(value);
            switch (inner)
            {
                case IEnumerable and not string:
                    values.Add(new(at, string.Join(", ", ((IEnumerable)inner).Cast<object>())));
                    break;
                case not null when inner.GetType().Namespace?.StartsWith("DataLoad", StringComparison.Ordinal) == true && !inner.GetType().IsEnum:
                    values.AddRange(Values(inner, at));
                    break;
                default:
                    values.Add(new(at, inner?.ToString() ?? "null"));
                    break;
            }
        }

        return values;
    }
}
