using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class DeadLetterActorTests : IntakeKit
{
    private readonly FakeParkingStore _store = new();
    private readonly DeadLetterState _state = new();
    private readonly ScriptedPublishing _broker = new();
    private long _number;

    private IActorRef Parking => field ??= Sys.ActorOf(ParkingActor.Props(_store, Options, new ParkingState()));

    [Fact]
    public async Task It_answers_when_every_letter_is_confirmed()
    {
        IActorRef letters = Start();
        PublishLetters publish = Publish("a", "b");
        letters.Tell(publish, TestActor);

        (await ExpectMsgAsync<LettersSafe>()).Id.ShouldBe(publish.Id);

        _broker.Published.ShouldBe(["a", "b"]);
        _state.Failing.ShouldBeNull();
    }

    [Theory]
    [InlineData(PublishOutcome.Returned)]
    [InlineData(PublishOutcome.Nacked)]
    [InlineData(PublishOutcome.Refused)]
    [InlineData(PublishOutcome.TimedOut)]
    public async Task A_letter_that_cannot_be_published_is_set_aside_and_holds_up_no_other(PublishOutcome outcome)
    {
        _broker.Script = (body, _) => body is "bad" ? (outcome, 312, "no") : (PublishOutcome.Confirmed, 0, "");
        IActorRef letters = Start();
        PublishLetters bad = Publish("bad");
        PublishLetters good = Publish("good");
        letters.Tell(bad, TestActor);
        letters.Tell(good, TestActor);

        BatchId[] safe = [(await ExpectMsgAsync<LettersSafe>()).Id, (await ExpectMsgAsync<LettersSafe>()).Id];

        safe.ShouldBe([bad.Id, good.Id], ignoreOrder: true);
        ParkedDelivery row = _store.Rows.ShouldHaveSingleItem();
        row.Stream.ShouldBe(Letter.Exchange);
        Utf8(Letter.Of(ParkedContent.Decode(row.Id, row.Message))!.Body.Span).ShouldBe("bad");
        _state.Failing!.ShouldContain("act.share");

        // In the zone of the statistics, as all times are shown.
        _state.Failing!.ShouldMatch(@"received at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00: ");
        _state.SetAside.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_set_aside_is_published_again_ever_later_until_it_is_confirmed()
    {
        int tries = 0;
        var times = new List<DateTimeOffset>();
        _broker.Script = (_, _) =>
        {
            times.Add(Clock.Now);
            return ++tries <= 3 ? (PublishOutcome.Nacked, 0, "full") : (PublishOutcome.Confirmed, 0, "");
        };
        IActorRef letters = Start();
        letters.Tell(Publish("a"), TestActor);
        await ExpectMsgAsync<LettersSafe>();

        await AdvanceUntilAsync(() => _store.Rows.Count == 0, Second, "it to be confirmed");

        tries.ShouldBe(4);
        TimeSpan[] waits = [.. times.Zip(times.Skip(1), (before, after) => after - before)];
        waits[0].ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        waits[1].ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(60));
        waits[2].ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(120));
        await UntilAsync(() => _state is { Failing: null, SetAside: 0 }, "the failing to end");
    }

    [Fact]
    public async Task What_a_former_life_set_aside_is_published()
    {
        await _store.ParkAsync([SetAside("old")], default);

        Start();

        await UntilAsync(() => _store.Rows.Count == 0, "it to be published");
        _broker.Published.ShouldBe(["old"]);
    }

    [Fact]
    public async Task What_is_being_published_again_stays_claimed()
    {
        Options = Options with { Settings = Options.Settings with { ClaimTimeToLive = 10 * Second } };
        ParkedDelivery row = SetAside("slow");
        await _store.ParkAsync([row], default);
        _broker.Gate = new TaskCompletionSource();
        Start();
        await UntilAsync(() => _store.ClaimOf(row.Id) is not null, "it to be claimed");
        Guid? claim = _store.ClaimOf(row.Id);

        await AdvanceUntilAsync(() => _store.CallsOf("renew") >= 4, Second, "the claim to be renewed");

        _store.ClaimOf(row.Id).ShouldBe(claim);
        _store.Rows.Single().DueMs.ShouldBeGreaterThan(Clock.Now.ToUnixTimeMilliseconds() + 5000);
        _broker.Gate.SetResult();
        await UntilAsync(() => _store.Rows.Count == 0, "it to be confirmed");
    }

    [Fact]
    public async Task A_letter_that_another_node_has_taken_meanwhile_is_left_to_it()
    {
        ParkedDelivery row = SetAside("slow");
        await _store.ParkAsync([row], default);
        _broker.Script = (_, _) => (PublishOutcome.Nacked, 0, "full");
        _broker.Gate = new TaskCompletionSource();
        Start();
        await UntilAsync(() => _store.ClaimOf(row.Id) is not null, "it to be claimed");
        _store.RemoveElsewhere(row.Id);

        _broker.Gate.SetResult();

        await UntilAsync(() => _store.CallsOf("park") == 2, "it to be stored again");
        _store.Rows.ShouldBeEmpty();
        await AdvanceUntilAsync(() => _state is { Failing: null, SetAside: 0 }, Second, "it to be forgotten");
    }

    [Fact]
    public async Task A_body_that_the_broker_refuses_as_too_large_is_left_out()
    {
        _broker.Script = (body, _) => body.Length > 0 ? (PublishOutcome.TooLarge, 406, "message size 5 is larger than 3") : (PublishOutcome.Confirmed, 0, "");
        IActorRef letters = Start();
        letters.Tell(Publish("large"), TestActor);

        await ExpectMsgAsync<LettersSafe>();

        _broker.Published.ShouldBe(["large", ""]);
        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Properties_that_do_not_fit_a_frame_are_cut_until_they_do_and_the_body_stays()
    {
        _broker.Script = (_, properties) => properties > 20_000 ? (PublishOutcome.TooLarge, 0, "the properties do not fit a frame")
            : (PublishOutcome.Confirmed, 0, "");
        IActorRef letters = Start();
        AmqpProperties properties = Json.WithHeader("mine"u8, new byte[10_000]).WithHeader("other"u8, new byte[30_000]);
        var publish = new PublishLetters(NextBatch(), [new Letter("act.share", new Rejection("bad-field", "x"), 1, properties, "body"u8.ToArray())]);
        letters.Tell(publish, TestActor);

        await ExpectMsgAsync<LettersSafe>();

        _broker.Published[^1].ShouldBe("body");
        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_lost_with_its_connection_is_published_again_at_once_and_set_aside_when_patience_ends()
    {
        _broker.Script = (body, _) =>
        {
            Clock.Advance(Second);
            return body is "lost" && _broker.Published.Count < 5 ? (PublishOutcome.ConnectionLost, 0, "lost") : body is "gone"
                ? (PublishOutcome.ConnectionLost, 0, "lost") : (PublishOutcome.Confirmed, 0, "");
        };
        IActorRef letters = Start();
        letters.Tell(Publish("lost"), TestActor);
        await ExpectMsgAsync<LettersSafe>();
        _store.Rows.ShouldBeEmpty();

        letters.Tell(Publish("gone"), TestActor);
        await ExpectMsgAsync<LettersSafe>();

        _store.Rows.Count.ShouldBe(1);
        _broker.Published.Count(body => body is "gone").ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task What_is_taken_back_is_not_set_aside()
    {
        _broker.Gate = new TaskCompletionSource();
        _broker.Script = (body, _) => body is "back" ? (PublishOutcome.Nacked, 0, "full") : (PublishOutcome.Confirmed, 0, "");
        IActorRef letters = Start();
        PublishLetters back = Publish("back");
        letters.Tell(back, TestActor);
        letters.Tell(new CancelLetters(back.Id), TestActor);
        PublishLetters good = Publish("good");
        letters.Tell(good, TestActor);
        _broker.Gate.SetResult();

        (await ExpectMsgAsync<LettersSafe>()).Id.ShouldBe(good.Id);
        _store.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task More_letters_than_may_be_in_flight_wait_their_turn()
    {
        _broker.Gate = new TaskCompletionSource();
        IActorRef letters = Start(maxInFlight: 2);
        letters.Tell(Publish([.. Enumerable.Range(0, 50).Select(i => $"{i}")]), TestActor);
        _broker.Gate.SetResult();

        await ExpectMsgAsync<LettersSafe>();

        _broker.Published.Count.ShouldBe(50);
    }

    private IActorRef Start(int maxInFlight = 16) =>
        Sys.ActorOf(DeadLetterActor.Props(new DeadLetterPublishing(_broker.Flow, "me", 128 * 1024, maxInFlight), Parking, Options, _state));

    /// <summary>The row of a letter that was set aside.</summary>
    private ParkedDelivery SetAside(string body)
    {
        var letter = new Letter("act.buy", new Rejection("no-row", "There is no row"), 1, Json, System.Text.Encoding.UTF8.GetBytes(body));
        return new ParkedDelivery { Id = NextId(), Stream = Letter.Exchange, DueMs = 0, Tries = 1, Message = letter.ToParked().Encode() };
    }

    private PublishLetters Publish(params string[] bodies) =>
        new(NextBatch(),
            [.. bodies.Select(body => new Letter("act.share", new Rejection("bad-field", "x"), 1, Json, System.Text.Encoding.UTF8.GetBytes(body)))]);

    private BatchId NextBatch() => new(Guid.Empty, ++_number);

    /// <summary>A broker that does with each message what a script says of its body and the size of its properties.</summary>
    private sealed class ScriptedPublishing
    {
        private readonly Lock _lock = new();
        private readonly List<string> _published = [];

        public Func<string, int, (PublishOutcome Outcome, int Code, string Text)> Script { get; set; } = (_, _) => (PublishOutcome.Confirmed, 0, "");

        public TaskCompletionSource? Gate { get; set; }

        public IReadOnlyList<string> Published
        {
            get
            {
                lock (_lock)
                {
                    return [.. _published];
                }
            }
        }

        public Flow<PublishRequest<object>, PublishResult<object>, NotUsed> Flow => Akka.Streams.Dsl.Flow.Create<PublishRequest<object>>().SelectAsync(4, async request =>
        {
            if (Gate is { } gate)
            {
                await gate.Task;
            }

            string body = Utf8(request.Message.Body.Span);
            lock (_lock)
            {
                _published.Add(body);
            }

            (PublishOutcome outcome, int code, string text) = Script(body, request.Message.Properties.Bytes.Length);
            return new PublishResult<object>(request, outcome, code, text);
        });
    }
}
