using Akka.Actor;
using Akka.Configuration;
using DataLoad.Engine.Contract;
using DataLoad.Host.Hocon;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class AkkaSettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("akka-settings-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_users_section_is_laid_over_the_built_in_one_and_handed_to_Akka()
    {
        string include = Write("more.conf", "akka.cluster.sharding.retry-interval = 2s");
        string file = Write("my.conf", $$"""
            include "{{Path.GetFileName(include)}}"
            my.parallelism = 5
            akka {
              persistence.journal.sql { parallelism = ${my.parallelism}, batch-size = ${BATCH} }
              actor.default-dispatcher { throughput = 7, "odd \"key\"" = "a \\ b\nc" }
              cluster.role.count.min-nr-of-members = [1, "2"]
            }
            """);

        Config config = Bind([file], ("BATCH", "16")).Akka.Config;

        config.GetInt("akka.persistence.journal.sql.parallelism").ShouldBe(5);
        config.GetInt("akka.persistence.journal.sql.batch-size").ShouldBe(16);
        config.GetInt("akka.actor.default-dispatcher.throughput").ShouldBe(7);
        config.GetConfig("akka.actor.default-dispatcher").Root.GetObject().Items["odd \"key\""].GetString().ShouldBe("a \\ b\nc");
        config.GetStringList("akka.cluster.role.count.min-nr-of-members").ShouldBe(["1", "2"]);
        config.GetTimeSpan("akka.cluster.sharding.retry-interval").ShouldBe(TimeSpan.FromSeconds(2));
        config.GetString("akka.persistence.journal.sql.replay-filter.mode").ShouldBe("off", "what the user does not name stays");
        config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size").ShouldBe(1024 * 1024);
    }

    [Fact]
    public void Every_key_of_the_built_in_section_is_one_that_Akka_knows()
    {
        foreach (HoconEffectiveSetting setting in SettingsLoader.Load([], HoconText.NoEnvironment).GetObject("akka").Effective())
        {
            AkkaDefaults.FindUnknown([.. HoconPath.Parse(setting.Path)]).ShouldBeNull(setting.Path);
        }
    }

    [Fact]
    public void What_is_marked_as_fixed_is_refused_and_nothing_else()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Root(), "hocon", "akka.conf"));

        foreach (HoconEffectiveSetting setting in SettingsLoader.Load([], HoconText.NoEnvironment).GetObject("akka").Effective())
        {
            // The comment above it, or above the object that it stands in directly.
            int at = setting.Origin.Line - 2;
            while (!lines[at].TrimStart().StartsWith('#'))
            {
                at--;
            }

            while (lines[at - 1].TrimStart().StartsWith('#'))
            {
                at--;
            }

            bool isFixed = lines[at].Contains("# Fixed", StringComparison.Ordinal)
                || setting.Path.StartsWith("akka.coordinated-shutdown", StringComparison.Ordinal);
            (AkkaFixedKeys.FindReason([.. HoconPath.Parse(setting.Path)]) is not null).ShouldBe(isFixed, setting.Path);
        }
    }

    [Theory]
    [InlineData("akka.persistence.journal.sql.replay-filter.mode = repair-by-discard-old",
        "akka.persistence.journal.sql.replay-filter.mode cannot be set: what is journaled")]
    [InlineData("akka.persistence.journal.plugin = \"akka.persistence.journal.inmem\"", "dataload.store says which database it is")]
    [InlineData("akka { persistence { journal { sql { auto-initialize = on } } } }", "akka.persistence.journal.sql.auto-initialize")]
    [InlineData("akka.persistence.journal.sql.default.journal.table-name = mine", "table-name cannot be set")]
    [InlineData("akka.persistence.journal.sql.connection-string = x", "connection-string cannot be set")]
    [InlineData("akka.actor.serializers.json = x", "DataLoad's own serializers")]
    [InlineData("akka.actor.serialization-bindings { \"System.Object\" = hyperion }", "akka.actor.serialization-bindings.\"System.Object\" cannot be set")]
    [InlineData("akka.cluster.sharding.state-store-mode = persistence", "state-store-mode")]
    [InlineData("akka.cluster.sharding.remember-entities = on", "remember-entities")]
    [InlineData("akka.cluster.roles = [\"front\"]", "found through the store")]
    [InlineData("akka.remote.dot-netty.tcp.port = 4053", "where a node is reached")]
    [InlineData("akka.remote.dot-netty.tcp.maximum-frame-size = 64KiB", "cut to fit a frame")]
    [InlineData("akka.loglevel = DEBUG", "Set dataload.log.level")]
    [InlineData("akka.coordinated-shutdown.phases.service-unbind.timeout = 1m", "Set that")]
    [InlineData("akka.persistence.journal.sql.replay-filter = null", "an object that holds akka.persistence.journal", true)]
    [InlineData("akka.cluster = 5", "akka.cluster cannot be set: it is an object that holds akka.cluster.")]
    [InlineData("akka.actor.default-mailbox.mailbox-type = bounded", "loses messages")]
    public void A_fixed_key_is_refused_with_file_line_and_remedy(string line, string message, bool isWhole = false)
    {
        string file = Write("my.conf", $"\n{line}");

        string found = Should.Throw<HoconException>(() => Bind([file])).Message;

        found.ShouldStartWith($"{file}:2: akka");
        found.ShouldContain(isWhole ? "akka.persistence.journal.sql.replay-filter cannot be set" : message);
    }

    [Theory]
    [InlineData("x { mode = fail }\n\nakka.persistence.journal.sql.replay-filter = ${x}", 3)]
    [InlineData("\n\nakka.persistence.journal.sql.replay-filter.mode = ${dataload.log.level}", 3)]
    [InlineData("\n\nakka.persistence.journal.sql.auto-initialize = ${akka.log-dead-letters-during-shutdown}", 3)]
    [InlineData("\n\nakka.persistence.journal.sql = ${akka.remote}", 3)]
    public void A_fixed_key_is_refused_when_a_substitution_brings_it(string text, int line)
    {
        string file = Write("my.conf", text);

        Should.Throw<HoconException>(() => Bind([file])).Message.ShouldStartWith($"{file}:{line}: akka.persistence.journal.sql");
    }

    [Fact]
    public void A_section_that_is_no_object_is_refused()
    {
        string file = Write("my.conf", "\nakka = 5");

        Should.Throw<HoconException>(() => Bind([file])).Message.ShouldStartWith($"{file}:2: akka is a single value: expected an object");
    }

    [Fact]
    public void Keys_that_Akka_does_not_know_are_warned_of_with_file_line_and_what_was_meant()
    {
        string file = Write("my.conf", """
            akka.actor.default-dispatcher.throughput = 5

            akka.actor.default-dispatcher.throughtput = 5
            akka.cluster.role.backend.min-nr-of-members = 1
            akka.persistence.dispatchers.mine.type = Dispatcher
            akka.sharding { mine = 1 }
            """);

        Bind([file]).Akka.FindUnknownKeys().Select(problem => problem.ToString()).ShouldBe(
        [
            $"{file}:3: akka.actor.default-dispatcher.throughtput is not a setting that Akka knows; did you mean akka.actor.default-dispatcher.throughput?",
            $"{file}:6: akka.sharding.mine is not a setting that Akka knows",
        ]);
    }

    [Fact]
    public void What_differs_from_Akkas_defaults_is_listed_with_its_origin()
    {
        string file = Write("my.conf", "dataload.log.level = debug\nakka.actor.default-dispatcher.throughput = 7\nakka.remote.startup-timeout = 10 s");

        IReadOnlyList<HoconEffectiveSetting> changed = Bind([file]).Akka.FindChanged();

        string[] lines = [.. changed.Select(setting => $"{setting.Path} = {setting.Value} from {setting.Origin}")];
        lines.ShouldContain($"akka.actor.default-dispatcher.throughput = 7 from {file}:2");
        lines.ShouldContain($"akka.loglevel = DEBUG from {file}:1");
        lines.ShouldContain(line => line.StartsWith("akka.cluster.sharding.state-store-mode = ddata from akka.conf:", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.StartsWith("akka.remote.startup-timeout ", StringComparison.Ordinal), "it is Akka's default");
        lines.ShouldNotContain(line => line.StartsWith("akka.log-dead-letters ", StringComparison.Ordinal), "it is Akka's default");
    }

    [Fact]
    public void The_phases_of_a_stop_share_its_timeout_and_the_built_in_section_says_what_the_default_gives()
    {
        HostSettings settings = Bind([]);
        HoconConfig builtIn = SettingsLoader.Load([], HoconText.NoEnvironment).GetObject("akka.coordinated-shutdown.phases");

        TimeSpan total = TimeSpan.Zero;
        foreach (string phase in builtIn.Keys)
        {
            TimeSpan timeout = settings.Akka.Config.GetTimeSpan($"akka.coordinated-shutdown.phases.{phase}.timeout");
            timeout.ShouldBe(builtIn.GetDuration($"{phase}.timeout"), phase);
            total += timeout;
        }

        total.ShouldBe(settings.Engine.StopTimeout);
        Bind([Write("my.conf", "dataload.stop.timeout = 16s")]).Akka.Config.GetTimeSpan("akka.coordinated-shutdown.phases.service-unbind.timeout")
            .ShouldBe(TimeSpan.FromSeconds(2.08));
    }

    [Fact]
    public async Task An_actor_system_starts_with_it()
    {
        using ActorSystem system = ActorSystem.Create("dataload", Bind([]).Akka.Config);

        system.Settings.Config.GetBoolean("akka.actor.serialization-settings.allow-unregistered-types").ShouldBeFalse();
        system.Settings.Config.GetInt("akka.actor.reaper-interval").ShouldBe(5, "the defaults of Akka are below it");
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
        await system.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static HostSettings Bind(string[] files, params (string Name, string Value)[] environment) =>
        SettingsBinder.Bind(SettingsLoader.Load(files, HoconText.Env(environment)), Catalog.Default);

    private static string Root()
    {
        string at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "DataLoad.Actors.sln")))
        {
            at = Path.GetDirectoryName(at)!;
        }

        return at;
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }
}
