using DataLoad.Engine.Parking;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every parking store does.</summary>
public abstract class ParkingStoreConformance : ConformanceBase
{
    private const string StreamName = "act.buy";

    private IParkingStore Parking => Store.Parking;

    [Fact]
    public async Task Nothing_parked_is_nothing_due()
    {
        (await Parking.CountAsync(Token)).ShouldBe(0);
        (await Parking.NextDueAsync(StreamName, Token)).ShouldBeNull();
        (await Parking.DueAsync(StreamName, long.MaxValue, 10, long.MaxValue, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_parked_delivery_comes_back_whole()
    {
        ParkedDelivery parked = Delivery(1, 1_700_000_000_123, tries: 3) with { Stream = StreamName, Message = [0, 1, 255] };
        await Parking.ParkAsync([parked], Token);

        ParkedDelivery due = (await Parking.DueAsync(StreamName, 1_700_000_000_123, 10, long.MaxValue, Token)).Single();

        due.ShouldBe(parked with { Message = due.Message });
        due.Message.ShouldBe([0, 1, 255]);
    }

    [Fact]
    public async Task Due_are_those_at_or_before_the_time_the_longest_due_first()
    {
        await Parking.ParkAsync([Delivery(1, 300), Delivery(2, 100), Delivery(3, 201), Delivery(4, 200), Delivery(5, -5)], Token);

        (await DueAsync(200)).ShouldBe([Id(5), Id(2), Id(4)]);
        (await DueAsync(99)).ShouldBe([Id(5)]);
        (await DueAsync(long.MaxValue)).ShouldBe([Id(5), Id(2), Id(4), Id(3), Id(1)]);
        (await Parking.NextDueAsync(StreamName, Token)).ShouldBe(-5);
    }

    [Fact]
    public async Task The_limit_takes_the_longest_due_and_they_stay_until_removed()
    {
        await Parking.ParkAsync([.. Enumerable.Range(0, 50).Select(i => Delivery((byte)i, 1000 - i))], Token);

        (await DueAsync(2000, limit: 2)).ShouldBe([Id(49), Id(48)]);
        (await DueAsync(2000, limit: 2)).ShouldBe([Id(49), Id(48)]);
        await Parking.RemoveAsync([Id(49), Id(48), Id(200)], Token);
        (await DueAsync(2000, limit: 2)).ShouldBe([Id(47), Id(46)]);
        (await Parking.CountAsync(Token)).ShouldBe(48);
    }

    [Fact]
    public async Task The_bytes_take_the_longest_due_and_one_in_any_case()
    {
        await Parking.ParkAsync([.. Enumerable.Range(1, 5).Select(i => Delivery((byte)i, i) with { Message = new byte[100] })], Token);

        (await Parking.DueAsync(StreamName, 10, 10, maxBytes: 350, Token)).Select(delivery => delivery.Id).ShouldBe([Id(1), Id(2), Id(3)]);
        (await Parking.DueAsync(StreamName, 10, 10, maxBytes: 300, Token)).Count.ShouldBe(3);
        (await Parking.DueAsync(StreamName, 10, 10, maxBytes: 1, Token)).Single().Id.ShouldBe(Id(1));
        (await Parking.DueAsync(StreamName, 10, 2, maxBytes: 350, Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Parking_again_gives_a_new_due_time_and_tries_and_keeps_the_message()
    {
        await Parking.ParkAsync([Delivery(1, 100, tries: 1)], Token);

        await Parking.ParkAsync([Delivery(1, 500, tries: 2) with { Message = [9] }, Delivery(2, 50)], Token);

        (await Parking.CountAsync(Token)).ShouldBe(2);
        (await DueAsync(499)).ShouldBe([Id(2)]);
        ParkedDelivery moved = (await Parking.DueAsync(StreamName, 500, 10, long.MaxValue, Token))[1];
        moved.Tries.ShouldBe(2);
        moved.Stream.ShouldBe("act.buy");
        moved.Message.ShouldBe([1]);
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
        await Parking.RemoveAsync([], Token);

        (await Parking.CountAsync(Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Thousands_are_parked_and_removed_in_one_call()
    {
        Guid[] ids = [.. Enumerable.Range(0, 5000).Select(i => new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]))];
        await Parking.ParkAsync([.. ids.Select(id => Delivery(1, 7) with { Id = id })], Token);

        (await Parking.DueAsync(StreamName, 7, 10_000, long.MaxValue, Token)).Select(delivery => delivery.Id).Order().ShouldBe(ids.Order());
        await Parking.RemoveAsync(ids[1..], Token);
        (await Parking.CountAsync(Token)).ShouldBe(1);
    }

    [Fact]
    public async Task Reopening_finds_what_was_parked()
    {
        await Parking.ParkAsync([Delivery(1, 100)], Token);

        await ReopenAsync();

        (await DueAsync(100)).ShouldBe([Id(1)]);
    }

    [Fact]
    public async Task Each_stream_has_its_own_due_deliveries()
    {
        await Parking.ParkAsync([Delivery(1, 50), Delivery(2, 40) with { Stream = "act.off" }], Token);

        (await DueAsync(100)).ShouldBe([Id(1)]);
        (await Parking.DueAsync("act.off", 100, 10, long.MaxValue, Token)).Single().Id.ShouldBe(Id(2));
        (await Parking.NextDueAsync("act.off", Token)).ShouldBe(40);
        (await Parking.NextDueAsync("act.share", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Listing_gives_those_of_all_streams_in_the_order_of_their_ids_a_page_at_a_time()
    {
        Guid high = new(0x7F020304, 5, 6, [7, 8, 9, 10, 11, 12, 13, 1]);
        Guid higher = new(unchecked((int)0x80020304), 5, 6, [7, 8, 9, 10, 11, 12, 13, 1]);
        await Parking.ParkAsync([Delivery(200, 1), Delivery(3, 9) with { Id = higher }, Delivery(1, 500, tries: 2) with { Stream = "act.off" }, Delivery(2, 9)
            with { Id = high }], Token);

        IReadOnlyList<ParkedDelivery> first = await Parking.ListAsync(after: null, 3, Token);
        first.Select(delivery => delivery.Id).ShouldBe([Id(1), Id(200), high]);
        first[0].ShouldBe(Delivery(1, 500, tries: 2) with { Stream = "act.off", Message = first[0].Message });
        first[0].Message.ShouldBe([1]);
        (await Parking.ListAsync(high, 3, Token)).Select(delivery => delivery.Id).ShouldBe([higher]);
        (await Parking.ListAsync(higher, 3, Token)).ShouldBeEmpty();
    }

    private async Task<IEnumerable<Guid>> DueAsync(long nowMs, int limit = 100) =>
        (await Parking.DueAsync(StreamName, nowMs, limit, long.MaxValue, Token)).Select(delivery => delivery.Id);

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
