using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Publishing;
using DataLoad.Host.Hosting;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

public sealed class PublishTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_732_900_000_000);

    public static TheoryData<string, string> StreamsAndForms
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (StreamDefinition stream in Catalog.Default.Streams)
            {
                foreach (BodyForm form in Enum.GetValues<BodyForm>().Where(form => form != BodyForm.Bare || stream.BareKey is not null))
                {
                    data.Add(stream.Name, form.ToString());
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(StreamsAndForms))]
    public void What_is_published_decodes_to_what_was_asked_for(string stream, string form)
    {
        PublishRequest request = Request(stream, Enum.Parse<BodyForm>(form));

        EventMessage message = new EventComposer(new IntakeSettings()).Compose(request, Now);

        message.Exchange.ShouldBe(request.Stream.Exchange);
        var fields = new MessageFields(request.Stream);
        new BodyDecoder(request.Stream, 65_536).Decode(message.ContentType, message.ContentEncoding, message.Body, fields).ShouldBeNull();
        if (request.Stream.BareKey is { } key)
        {
            fields.Integer(request.Stream.SlotOf(key)).ShouldBe(33);
        }
        else if (request.Stream.Lookups.IsEmpty)
        {
            Encoding.UTF8.GetString(fields.Text(CommonField.TopicType)).ShouldBe("activité 🎁");
            fields.Integer(CommonField.TopicId).ShouldBe(7);
            fields.Integer(CommonField.Ctime).ShouldBe(Now.ToUnixTimeMilliseconds());
            fields.Text(CommonField.SessionStr).Length.ShouldBe(32);
        }
    }

    [Theory]
    [InlineData(30_000L, 'I')]
    [InlineData(3_000_000_000L, 'l')]
    public void A_delay_is_sent_as_the_Integer_that_Spring_sends_where_it_is_one(long delayMs, char type)
    {
        var message = new EventMessage("act.share", "application/json", ContentEncoding: null, [], MessageId: null, delayMs);

        message.ToProperties().TryGetHeader("x-delay"u8, out AmqpValue header).ShouldBeTrue();
        ((char)header.Type).ShouldBe(type);
        header.TryGetInt64(out long sent).ShouldBeTrue();
        sent.ShouldBe(delayMs);
    }

    [Fact]
    public void What_the_engine_would_reject_is_refused_with_the_rejections_sentence()
    {
        PublishRequest group = Request("act.group", BodyForm.Json);

        Refusal(group with { Fields = With(group, "joinType", "9") })
            .ShouldBe("The engine would reject this as bad-join-type: Field 'joinType' is 9; expected one of 1, 2, 3.");
        Refusal(group with { Fields = With(group, "topicId", "x") }).ShouldContain("bad-field");
        Refusal(group with { Fields = With(group, "ctime", "1") }).ShouldContain("bad-time");
        Refusal(group with { Delay = TimeSpan.FromDays(31) }).ShouldContain("bad-delay");
        Refusal(Request("act.buy", BodyForm.Json) with { Key = null }).ShouldContain("missing-field");
        Refusal(Request("act.buy", BodyForm.Json) with { Key = "33.5" }).ShouldContain("bad-field");
    }

    [Fact]
    public void A_field_or_key_that_the_stream_has_not_is_refused()
    {
        PublishRequest share = Request("act.share", BodyForm.Json);

        Refusal(share with { Fields = With(share, "joinTyp", "1") }).ShouldStartWith("Stream act.share has no field 'joinTyp'; its fields are sessionStr, ");
        Refusal(share with { Key = "33" }).ShouldStartWith("Stream act.share has no key; ");
        Refusal(share with { Form = BodyForm.Bare }).ShouldContain("no key that could be its body");
    }

    [Fact]
    public void A_message_may_carry_a_common_field_beside_its_key()
    {
        PublishRequest request = Request("act.buy", BodyForm.Json);

        EventMessage message = new EventComposer(new IntakeSettings()).Compose(request with { Fields = With(request, "wuId", "42") }, Now);

        Encoding.UTF8.GetString(message.Body).ShouldBe("""{"recordId":33,"wuId":42}""");
    }

    [Fact]
    public async Task A_dry_run_shows_exchange_properties_and_body_and_sends_nothing()
    {
        CommandRun run = await CommandRun.OfAsync("publish", "act.buy", "33", "--delay", "30s", "--message-id", "m-1", "--dry-run");

        run.Code.ShouldBe(ExitCode.Done);
        run.Output.ShouldContain("exchange          ex.order.pay.success");
        run.Output.ShouldContain("content-type      application/json");
        run.Output.ShouldContain("message-id        m-1");
        run.Output.ShouldContain("x-delay           30000");
        run.Output.ShouldContain("""body              {"recordId":33}""");
        run.Error.ShouldBeEmpty();
    }

    private static string Refusal(PublishRequest request) =>
        Should.Throw<StartException>(() => new EventComposer(new IntakeSettings()).Compose(request, Now)).Message;

    private static Dictionary<string, string> With(PublishRequest request, string name, string value) =>
        new(request.Fields, StringComparer.Ordinal) { [name] = value };

    private static PublishRequest Request(string name, BodyForm form)
    {
        StreamDefinition stream = Catalog.Default.FindStream(name)!;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (stream.BareKey is null)
        {
            foreach (MessageField field in stream.OwnFields)
            {
                fields[field.Name] = "1";
            }

            if (stream.Lookups.IsEmpty)
            {
                fields["topicType"] = "activité 🎁";
                fields["topicId"] = "7";
                fields["wuId"] = "42";
            }
        }

        return new PublishRequest { Stream = stream, Key = stream.BareKey is null ? null : "33", Fields = fields, Form = form };
    }
}
