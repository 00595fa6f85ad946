using DataLoad.Engine.Parking;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Engine.Tests.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Parking;

public sealed class ParkingLotTests
{
    private readonly ManualTime _time = new();
    private readonly MemoryStore _store = new(new MemoryStoreState());

    [Fact]
    public async Task A_full_lot_makes_its_writers_wait_until_there_is_room()
    {
        ParkingLot lot = await OpenAsync();
        await lot.ParkAsync([Parked(1), Parked(2)], default);

        Task third = lot.ParkAsync([Parked(3)], default).AsTask();
        _time.Advance(TimeSpan.FromMinutes(10));
        third.IsCompleted.ShouldBeFalse();
        (await _store.Parking.CountAsync(default)).ShouldBe(2);
        await lot.RemoveAsync([Id(1)], default);

        await _time.AdvanceUntilAsync(() => third.IsCompleted, TimeSpan.FromSeconds(1));
        await third;
        lot.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_comes_back_has_its_room_though_the_lot_is_full()
    {
        ParkingLot lot = await OpenAsync();
        await lot.ParkAsync([Parked(1), Parked(2)], default);

        await lot.ParkAgainAsync([Parked(2) with { Tries = 4, DueMs = 99 }], default);

        lot.Count.ShouldBe(2);
        (await lot.DueAsync("act.buy", 99, 10, default)).Select(parked => parked.Tries).ShouldBe([0, 4]);
    }

    [Fact]
    public async Task A_lot_counts_what_an_earlier_run_has_left()
    {
        await (await OpenAsync()).ParkAsync([Parked(1), Parked(2)], default);

        (await OpenAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_fails_is_repeated_until_it_works()
    {
        ParkingLot lot = await OpenAsync();
        int failures = 3;
        _store.Before = operation => operation is "Parking.Park" && failures-- > 0 ? throw new IOException("away") : ValueTask.CompletedTask;

        Task parking = lot.ParkAsync([Parked(1)], default).AsTask();
        await _time.AdvanceUntilAsync(() => parking.IsCompleted, TimeSpan.FromSeconds(1));

        await parking;
        lot.Count.ShouldBe(1);
        (await _store.Parking.CountAsync(default)).ShouldBe(1);
    }

    [Fact]
    public async Task Parking_wakes_those_who_wait_for_its_stream()
    {
        ParkingLot lot = await OpenAsync();
        Task buy = lot.ArrivedOf("act.buy").WaitAsync(default).AsTask();
        Task share = lot.ArrivedOf("act.share").WaitAsync(default).AsTask();

        await lot.ParkAsync([Parked(1)], default);

        await buy.WaitAsync(TimeSpan.FromSeconds(20));
        share.IsCompleted.ShouldBeFalse();
    }

    private async Task<ParkingLot> OpenAsync()
    {
        var lot = new ParkingLot(
            _store.Parking,
            new ParkingSettings { MaxParked = 2, Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)), Time = _time },
            NullLogger.Instance);
        await lot.OpenAsync(default);
        return lot;
    }

    private static Guid Id(int id) => new(id, 0, 0, new byte[8]);

    private static ParkedDelivery Parked(int id) => new() { Id = Id(id), Stream = "act.buy", DueMs = id, Tries = 0, Message = [1] };
}
