using Akka.TestKit;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Support;

/// <summary>A TestKit leaves its own actor on its thread as the sender of whatever is told without one. The threads are a pool's, and tests run beside
/// others on them: what another test tells without a sender would be answered to this one.</summary>
public sealed class ImplicitSenderTests
{
    [Fact]
    public void No_test_is_the_sender_of_what_others_tell_without_one() =>
        typeof(ImplicitSenderTests).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(TestKitBase)) && !type.IsAssignableTo(typeof(INoImplicitSender)))
            .ShouldBeEmpty();
}
