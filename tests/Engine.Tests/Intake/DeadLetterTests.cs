using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

/// <summary>The contract, What cannot be counted: a dead letter is the message as it came, persistent, and says why.</summary>
public sealed class DeadLetterTests
{
    private static readonly Rejection Why = new("bad-field", "Field 'wuId' is 'x'");

    [Fact]
    public void All_properties_and_headers_stay_as_they_came()
    {
        BasicProperties came = Came();

        BasicProperties published = Letter(came).ToPublish();

        Shown(published).ShouldBe(Shown(came));
        published.DeliveryMode.ShouldBe(DeliveryModes.Persistent);
        published.Headers!.Keys.Order(StringComparer.Ordinal).ShouldBe(
            ["big", "mine", "x-dataload-error", "x-dataload-reason", "x-dataload-received", "x-dataload-stream", "x-delay"]);
        (published.Headers["mine"], published.Headers["big"], published.Headers["x-delay"]).ShouldBe((true, 8L, -5));
        came.Headers!.Count.ShouldBe(3);
    }

    [Fact]
    public void Properties_that_were_absent_stay_absent()
    {
        BasicProperties published = Letter(new BasicProperties()).ToPublish();

        Shown(published).ShouldBe(Shown(new BasicProperties()));
        published.Headers!.Count.ShouldBe(4);
    }

    [Fact]
    public void Headers_of_an_earlier_rejection_are_replaced()
    {
        BasicProperties once = Letter(Came()).ToPublish();

        BasicProperties twice = new DeadLetter("act.group", new Rejection("no-row", "There is no row"), 17, once, default).ToPublish();

        twice.Headers!.Count.ShouldBe(once.Headers!.Count);
        (twice.Headers["x-dataload-stream"], twice.Headers["x-dataload-reason"], twice.Headers["x-dataload-error"], twice.Headers["x-dataload-received"])
            .ShouldBe(("act.group", "no-row", "There is no row", 17L));
    }

    [Fact]
    public void A_long_sentence_is_cut()
    {
        string error = (string)new DeadLetter("act.buy", new Rejection("x", new string('e', 5000)), 1, new BasicProperties(), default).ToPublish().Headers!["x-dataload-error"]!;

        error.ShouldBe(new string('e', 1000) + "…");
    }

    private static DeadLetter Letter(BasicProperties came) => new("act.buy", Why, 1_772_323_200_123, came, default);

    private static BasicProperties Came() => new()
    {
        ContentType = "application/json",
        ContentEncoding = "UTF-8",
        CorrelationId = "c",
        ReplyTo = "r",
        Expiration = "60000",
        MessageId = "m",
        Type = "t",
        UserId = "u",
        AppId = "a",
        ClusterId = "cl",
        DeliveryMode = DeliveryModes.Transient,
        Priority = 3,
        Timestamp = new AmqpTimestamp(1_700_000_000),
        Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["mine"] = true, ["big"] = 8L, ["x-delay"] = -5 },
    };

    private static string Shown(IReadOnlyBasicProperties of) => string.Join('|', of.ContentType, of.ContentEncoding, of.CorrelationId, of.ReplyTo, of.Expiration, of.MessageId, of.Type, of.UserId, of.AppId, of.ClusterId, of.IsPriorityPresent(), of.Priority, of.IsTimestampPresent(), of.Timestamp.UnixTime);
}
