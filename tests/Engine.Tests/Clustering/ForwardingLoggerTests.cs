using System.Collections.Concurrent;
using System.Text.Json;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Event;
using Akka.Hosting.Logging;
using DataLoad.Engine.Clustering;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace DataLoad.Engine.Tests.Clustering;

public sealed class ForwardingLoggerTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lines _lines = new();
    private readonly ActorSystem _system;

    public ForwardingLoggerTests()
    {
        Config config = ConfigurationFactory.ParseString($"""
            akka.loglevel = DEBUG
            akka.stdout-loglevel = OFF
            akka.loggers = ["{typeof(ForwardingLogger).AssemblyQualifiedName}"]
            """);
        _system = ActorSystem.Create("dataload", BootstrapSetup.Create().WithConfig(config).And(new LoggerFactorySetup(new LoggerFactory([_lines]))));
    }

    [Fact]
    public async Task An_actors_message_comes_without_a_prefix_with_its_path_and_under_its_type()
    {
        _system.ActorOf(Props.Create(() => new Speaker()), "speaker").Tell(7);

        Line line = await _lines.NextOfAsync(typeof(Speaker));

        line.Level.ShouldBe(LogLevel.Warning);
        line.Text.ShouldBe("Partition 7 is slow (/user/speaker)");
        line.Category.ShouldBe(typeof(ForwardingLoggerTests).FullName, "the outermost type says who it is");
        line.Error.ShouldBeNull();
        JsonSerializer.Serialize(line.State).ShouldBe("""{"Message":"Partition 7 is slow","Actor":"/user/speaker","{OriginalFormat}":"{Message} ({Actor})"}""");
    }

    [Fact]
    public async Task A_fault_keeps_its_exception_and_a_wrong_template_says_what_it_can()
    {
        IActorRef speaker = _system.ActorOf(Props.Create(() => new Speaker()), "speaker");
        speaker.Tell(new InvalidOperationException("our own"));
        Line fault = await _lines.NextOfAsync(typeof(Speaker));
        speaker.Tell("wrong");
        Line wrong = await _lines.NextOfAsync(typeof(Speaker));

        (fault.Level, fault.Text).ShouldBe((LogLevel.Error, "It failed (/user/speaker)"));
        fault.Error.ShouldBeOfType<InvalidOperationException>();
        wrong.Text.ShouldContain("of {1} and");
    }

    [Theory]
    [InlineData("akka://dataload/user/intake#1234", "/user/intake")]
    [InlineData("[akka://dataload/user/intake#1234]", "/user/intake")]
    [InlineData("akka.tcp://dataload@127.0.0.1:34651/system/sharding/partition", "/system/sharding/partition")]
    [InlineData("akka://dataload/", null)]
    [InlineData("akka://dataload", null)]
    [InlineData("CoordinatedShutdown (akka://dataload)", null)]
    [InlineData("Cluster (akka://dataload/user)", null)]
    [InlineData("remoting", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_path_is_an_actors_without_address_and_incarnation(string? source, string? path) => ForwardingLogger.PathOf(source).ShouldBe(path);

    [Theory]
    [InlineData(typeof(ShardRegion), "Akka.Cluster.Sharding.ShardRegion")]
    [InlineData(typeof(Dictionary<string, int>.KeyCollection), "System.Collections.Generic.Dictionary")]
    [InlineData(typeof(DummyClassForStringSources), "Akka")]
    public void The_category_is_the_name_of_the_outermost_type(Type type, string category) => ForwardingLogger.CategoryOf(type).ShouldBe(category);

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private sealed record Line(string Category, LogLevel Level, string Text, Exception? Error, Dictionary<string, string?> State);

    private sealed class Speaker : UntypedActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case int partition:
                    _log.Warning("Partition {0} is slow", partition);
                    break;
                case Exception error:
                    _log.Error(error, "It failed");
                    break;
                default:
                    _log.Info("of {1} and {0:Q", message);
                    break;
            }
        }
    }

    /// <summary>Keeps what is logged.</summary>
    private sealed class Lines : ILoggerProvider
    {
        private readonly BlockingCollection<Line> _lines = [];

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

        public void Dispose() => _lines.Dispose();

        public Task<Line> NextOfAsync(Type type) => Task.Run(() =>
        {
            using var limit = new CancellationTokenSource(Patience);
            return _lines.GetConsumingEnumerable(limit.Token)
                .First(line => string.Equals(line.Category, ForwardingLogger.CategoryOf(type), StringComparison.Ordinal));
        });

        private sealed class Logger(string category, BlockingCollection<Line> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Add(new Line(
                category,
                logLevel,
                formatter(state, exception),
                exception,
                ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(pair => pair.Key, pair => pair.Value?.ToString())));
        }
    }
}
