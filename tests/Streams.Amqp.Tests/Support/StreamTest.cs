using Akka.Streams;
using Akka.TestKit;
using Akka.TestKit.Xunit;

namespace DataLoad.Streams.Amqp.Tests.Support;

/// <summary>A test with an actor system of its own.</summary>
public abstract class StreamTest : TestKit, INoImplicitSender
{
    /// <summary>How long anything may take that normally takes milliseconds, on a busy machine.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected StreamTest()
        : base("akka { loglevel = ERROR, stdout-loglevel = ERROR, log-dead-letters = off, test.single-expect-default = 30s }")
    {
    }

    protected ActorMaterializer Materializer => _materializer ??= Sys.Materializer();

    private ActorMaterializer? _materializer;
}
