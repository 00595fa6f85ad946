using DataLoad.Engine.Parking;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every parking store does.</summary>
public abstract class ParkingStoreConformance : ConformanceBase
{
    private const string StreamName = "act.buy";
    private const long Later = 2_000_000_000_000;

    private byte _claims = 100;

    private IParkingStore Parking => Store.Parking;

    [Fact]
    public async Task Nothing_parked_is_nothing_due()
    {
        (await Parking.CountAsync(Token)).ShouldBe(0);
        (await Parking.NextDueAsync(StreamName, Token)).ShouldBeNull();
        (await ClaimAsync(Claim(1), long.MaxValue)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_parked_delivery_comes_back_whole()
    {
        ParkedDelivery parked = Delivery(1, 1_700_000_000_123, tries: 3) with { Stream = StreamName, Message = [0, 1, 255] };
        await Parking.ParkAsync([parked], Token);

        ParkedDelivery due = (await ClaimAsync(Claim(1), 1_700_000_000_123)).Single();

        due.ShouldBe(parked with { Message = due.Message });
        due.Message.ShouldBe([0, 1, 255]);
    }

    [Fact]
    public async Task Due_are_those_at_or_before_the_time_the_longest_due_first()
    {
        await Parking.ParkAsync([Delivery(1, 300), Delivery(2, 100), Delivery(3, 201), Delivery(4, 200), Delivery(5, -5), Delivery(6, 99)], Token);

        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(-5);
        (await DueAsync(98)).ShouldBe([Id(5)]);
        (await DueAsync(200)).ShouldBe([Id(6), Id(2), Id(4)]);
        (await DueAsync(299)).ShouldBe([Id(3)]);
        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(300);
    }

    [Fact]
    public async Task The_limit_takes_the_longest_due_and_they_stay_until_removed()
    {
        await Parking.ParkAsync([.. Enumerable.Range(0, 50).Select(i => Delivery((byte)i, 1000 - i))], Token);

        (await ClaimAsync(Claim(1), 2000, limit: 2)).Select(row => row.Id).ShouldBe([Id(49), Id(48)]);
        (await Parking.CountAsync(Token)).ShouldBe(50);
        (await Parking.RemoveAsync([Id(49), Id(48), Id(200)], Claim(1), Token)).ShouldBe(2);
        (await DueAsync(2000, limit: 2)).ShouldBe([Id(47), Id(46)]);
        (await Parking.CountAsync(Token)).ShouldBe(48);
    }

    [Theory]
    [InlineData(10, 350, 3)]
    [InlineData(10, 300, 3)]
    [InlineData(10, 1, 1)]
    [InlineData(2, 350, 2)]
    public async Task The_bytes_take_the_longest_due_and_one_in_any_case_and_the_others_stay_unclaimed(int limit, long maxBytes, int taken)
    {
        await Parking.ParkAsync([.. Enumerable.Range(1, 5).Select(i => Delivery((byte)i, i) with { Message = new byte[100] })], Token);

        IReadOnlyList<ParkedDelivery> claimed = await Parking.ClaimAsync(StreamName, 10, Later, Claim(1), limit, maxBytes, Token);

        claimed.Select(row => row.Id).ShouldBe(Enumerable.Range(1, taken).Select(i => Id((byte)i)));
        (await DueAsync(10)).ShouldBe(Enumerable.Range(taken + 1, 5 - taken).Select(i => Id((byte)i)));
    }

    [Fact]
    public async Task Parking_again_gives_a_new_due_time_and_tries_and_keeps_the_message()
    {
        await Parking.ParkAsync([Delivery(1, 100, tries: 1), Delivery(2, 50)], Token);
        await ClaimAsync(Claim(1), 100);

        await Parking.ParkAgainAsync([Delivery(1, 500, tries: 2) with { Message = [9] }, Delivery(1, 500, tries: 2), Delivery(2, 50)], Claim(1), Token);

        (await Parking.CountAsync(Token)).ShouldBe(2);
        (await DueAsync(499)).ShouldBe([Id(2)]);
        ParkedDelivery moved = (await ClaimAsync(Claim(2), 500)).Single();
        moved.ShouldBe(Delivery(1, 500, tries: 2) with { Message = moved.Message });
        moved.Message.ShouldBe([1]);
    }

    [Fact]
    public async Task A_delivery_that_is_stored_stays_as_it_is_where_it_is_stored_once_more()
    {
        await Parking.ParkAsync([Delivery(1, 100, tries: 1)], Token);
        await ClaimAsync(Claim(1), 100);

        await Parking.ParkAsync([Delivery(1, 7, tries: 9)], Token);

        (await DueAsync(Later - 1)).ShouldBeEmpty();
        (await Parking.RemoveAsync([Id(1)], Claim(1), Token)).ShouldBe(1);
    }

    [Fact]
    public async Task What_one_has_claimed_another_gets_only_when_the_claim_has_run_out()
    {
        await Parking.ParkAsync([Delivery(1, 100, tries: 3)], Token);
        (await Parking.ClaimAsync(StreamName, 100, 200, Claim(1), 10, long.MaxValue, Token)).Count.ShouldBe(1);

        (await Parking.ClaimAsync(StreamName, 199, 300, Claim(2), 10, long.MaxValue, Token)).ShouldBeEmpty();
        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(200);

        (await Parking.ClaimAsync(StreamName, 200, 300, Claim(2), 10, long.MaxValue, Token)).Single().Tries.ShouldBe(3);
    }

    [Fact]
    public async Task A_claim_that_is_renewed_runs_longer()
    {
        await Parking.ParkAsync([Delivery(1, 100), Delivery(2, 100)], Token);
        await Parking.ClaimAsync(StreamName, 100, 200, Claim(1), 10, long.MaxValue, Token);

        await Parking.RenewAsync([Id(1), Id(200)], Claim(1), 300, Token);

        (await DueAsync(299)).ShouldBe([Id(2)]);
        (await DueAsync(300)).ShouldBe([Id(1)]);
    }

    [Fact]
    public async Task Under_a_claim_that_has_run_out_nothing_is_changed_or_removed()
    {
        await Parking.ParkAsync([Delivery(1, 100, tries: 1)], Token);
        await Parking.ClaimAsync(StreamName, 100, 200, Claim(1), 10, long.MaxValue, Token);
        await Parking.ClaimAsync(StreamName, 200, 300, Claim(2), 10, long.MaxValue, Token);

        await Parking.RenewAsync([Id(1)], Claim(1), 9000, Token);
        await Parking.ParkAgainAsync([Delivery(1, 9000, tries: 9)], Claim(1), Token);
        (await Parking.RemoveAsync([Id(1)], Claim(1), Token)).ShouldBe(0);

        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(300);
        (await Parking.RemoveAsync([Id(1)], Claim(2), Token)).ShouldBe(1);
    }

    [Fact]
    public async Task Who_parked_again_has_no_claim_any_more()
    {
        await Parking.ParkAsync([Delivery(1, 100)], Token);
        await ClaimAsync(Claim(1), 100);
        await Parking.ParkAgainAsync([Delivery(1, 500)], Claim(1), Token);

        await Parking.RenewAsync([Id(1)], Claim(1), 9000, Token);
        await Parking.ParkAgainAsync([Delivery(1, 600)], Claim(1), Token);
        (await Parking.RemoveAsync([Id(1)], Claim(1), Token)).ShouldBe(0);

        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(500);
    }

    [Fact]
    public async Task What_another_has_removed_is_not_brought_back()
    {
        await Parking.ParkAsync([Delivery(1, 100)], Token);
        await Parking.ClaimAsync(StreamName, 100, 200, Claim(1), 10, long.MaxValue, Token);
        await Parking.ClaimAsync(StreamName, 200, 300, Claim(2), 10, long.MaxValue, Token);
        await Parking.RemoveAsync([Id(1)], Claim(2), Token);

        await Parking.ParkAgainAsync([Delivery(1, 500)], Claim(1), Token);
        await Parking.RenewAsync([Id(1)], Claim(1), 9000, Token);

        (await Parking.CountAsync(Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Of_many_who_claim_at_once_none_gets_what_another_has_and_together_they_get_all()
    {
        const int Rows = 600;
        Guid[] ids = [.. Enumerable.Range(0, Rows).Select(i => new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]))];
        await Parking.ParkAsync([.. ids.Select(id => Delivery(1, 7) with { Id = id })], Token);

        List<Guid>[] taken = await Task.WhenAll(Enumerable.Range(1, 8).Select(who => Task.Run(() => TakeAllAsync((byte)who), Token)));

        taken.SelectMany(one => one).Order().ShouldBe(ids.Order());
        (await Parking.CountAsync(Token)).ShouldBe(0);

        async Task<List<Guid>> TakeAllAsync(byte who)
        {
            var all = new List<Guid>();
            for (byte round = 0; await Parking.CountAsync(Token) > 0; round++)
            {
                Guid claim = new(who, round, 0, new byte[8]);
                Guid[] claimed = [.. (await Parking.ClaimAsync(StreamName, 7, Later, claim, 10, long.MaxValue, Token)).Select(row => row.Id)];
                (await Parking.RemoveAsync(claimed, claim, Token)).ShouldBe(claimed.Length);
                all.AddRange(claimed);
            }

            return all;
        }
    }

    [Fact]
    public async Task The_same_delivery_twice_in_one_call_is_stored_once()
    {
        await Parking.ParkAsync([Delivery(1, 100), Delivery(1, 200, tries: 5)], Token);

        (await Parking.CountAsync(Token)).ShouldBe(1);
        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(200);
    }

    [Fact]
    public async Task Parking_and_removing_nothing_is_fine()
    {
        await Parking.ParkAsync([], Token);
        await Parking.ParkAgainAsync([], Claim(1), Token);
        await Parking.RenewAsync([], Claim(1), Later, Token);
        (await Parking.RemoveAsync([], Claim(1), Token)).ShouldBe(0);

        (await Parking.CountAsync(Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Thousands_are_parked_claimed_and_removed_in_one_call_each()
    {
        Guid[] ids = [.. Enumerable.Range(0, 5000).Select(i => new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]))];
        await Parking.ParkAsync([.. ids.Select(id => Delivery(1, 7) with { Id = id })], Token);

        (await ClaimAsync(Claim(1), 7, limit: 10_000)).Select(delivery => delivery.Id).Order().ShouldBe(ids.Order());
        (await Parking.RemoveAsync(ids[1..], Claim(1), Token)).ShouldBe(ids.Length - 1);
        (await Parking.CountAsync(Token)).ShouldBe(1);
    }

    [Fact]
    public async Task Reopening_finds_what_was_parked_and_claimed()
    {
        await Parking.ParkAsync([Delivery(1, 100), Delivery(2, 200)], Token);
        await ClaimAsync(Claim(1), 100);

        await ReopenAsync();

        (await DueAsync(200)).ShouldBe([Id(2)]);
        (await Parking.RemoveAsync([Id(1)], Claim(1), Token)).ShouldBe(1);
    }

    [Fact]
    public async Task Each_stream_has_its_own_due_deliveries()
    {
        await Parking.ParkAsync([Delivery(1, 50), Delivery(2, 40) with { Stream = "act.off" }], Token);

        (await DueAsync(100)).ShouldBe([Id(1)]);
        (await Parking.NextDueAsync("act.off", Token)).ShouldBe(40);
        (await Parking.ClaimAsync("act.off", 100, Later, Claim(1), 10, long.MaxValue, Token)).Single().Id.ShouldBe(Id(2));
        (await Parking.NextDueAsync("act.share", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Listing_gives_those_of_all_streams_in_the_order_of_their_ids_a_page_at_a_time()
    {
        Guid high = new(0x7F020304, 5, 6, [7, 8, 9, 10, 11, 12, 13, 1]);
        Guid higher = new(unchecked((int)0x80020304), 5, 6, [7, 8, 9, 10, 11, 12, 13, 1]);
        await Parking.ParkAsync([Delivery(200, 1), Delivery(3, 9) with { Id = higher }, Delivery(1, 500, tries: 2) with { Stream = "act.off" }, Delivery(2, 9)
            with { Id = high }], Token);

        IReadOnlyList<ParkedDelivery> first = await Parking.ListAsync(stream: null, after: null, 3, Token);
        first.Select(delivery => delivery.Id).ShouldBe([Id(1), Id(200), high]);
        first[0].ShouldBe(Delivery(1, 500, tries: 2) with { Stream = "act.off", Message = first[0].Message });
        first[0].Message.ShouldBe([1]);
        (await Parking.ListAsync(stream: null, high, 3, Token)).Select(delivery => delivery.Id).ShouldBe([higher]);
        (await Parking.ListAsync(stream: null, higher, 3, Token)).ShouldBeEmpty();
        (await Parking.ListAsync("act.off", after: null, 3, Token)).Select(delivery => delivery.Id).ShouldBe([Id(1)]);
        (await Parking.ListAsync("act.off", Id(1), 3, Token)).ShouldBeEmpty();
        (await Parking.ListAsync(StreamName, Id(200), 1, Token)).Select(delivery => delivery.Id).ShouldBe([high]);
    }

    /// <summary>The ids of those that are due, claimed.</summary>
    private async Task<IEnumerable<Guid>> DueAsync(long nowMs, int limit = 100) =>
        (await ClaimAsync(Claim(++_claims), nowMs, limit)).Select(delivery => delivery.Id);

    private ValueTask<IReadOnlyList<ParkedDelivery>> ClaimAsync(Guid claim, long nowMs, int limit = 100) =>
        Parking.ClaimAsync(StreamName, nowMs, Later, claim, limit, long.MaxValue, Token);

    private static Guid Claim(byte n) => new(0x11121314, 5, 6, [7, 8, 9, 10, 11, 12, 13, n]);

    private static Guid Id(byte n) => new(0x01020304, 5, 6, [7, 8, 9, 10, 11, 12, 13, n]);

    private static ParkedDelivery Delivery(byte n, long dueMs, int tries = 0) => new()
    {
        Id = Id(n),
        Stream = StreamName,
        DueMs = dueMs,
        Tries = tries,
        Message = [n],
    };
}
