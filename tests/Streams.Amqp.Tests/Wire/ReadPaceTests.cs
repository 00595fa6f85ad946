using System.Net;
using System.Net.Sockets;
using DataLoad.Streams.Amqp.Tests.Support;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

public sealed class ReadPaceTests : IDisposable
{
    private const int Room = 64 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ManualTime _time = new();
    private readonly Socket _there = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly NetworkStream _stream;
    private readonly ReadPace _pace;

    public ReadPaceTests()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _there.Connect(listener.LocalEndpoint);
        _stream = new NetworkStream(listener.AcceptSocket(), ownsSocket: true);
        _pace = new ReadPace(_stream, Interval, _time);
    }

    private int Mark => (int)_stream.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater)!;

    public void Dispose()
    {
        _stream.Dispose();
        _there.Dispose();
    }

    [Theory]
    [InlineData(100, 5)]
    [InlineData((32 * 1024) - 1, 5)]
    [InlineData(32 * 1024, 20)]
    public async Task A_read_is_put_off_by_the_interval_and_by_a_quarter_while_little_comes(int bytes, int milliseconds)
    {
        Task pause = _pace.PauseAsync(bytes, Room, default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        pause.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await pause.WaitAsync(Patience);
    }

    [Fact]
    public async Task Where_more_waits_than_there_was_room_for_it_is_read_at_once_and_counts_for_the_pause_after()
    {
        _pace.PauseAsync(Room, Room, default).IsCompletedSuccessfully.ShouldBeTrue();
        Mark.ShouldBe(1);
        Task pause = _pace.PauseAsync(1, Room, default).AsTask();
        _time.Advance(Interval - TimeSpan.FromMilliseconds(1));
        pause.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await pause.WaitAsync(Patience);
    }

    [Fact]
    public async Task While_reading_is_put_off_what_comes_wakes_nobody_and_the_next_read_gets_all_of_it()
    {
        Task pause = _pace.PauseAsync(1, Room, default).AsTask();
        Mark.ShouldBeGreaterThan(Room);
        _there.Send([1, 2]);
        _there.Send([3]);
        _time.Advance(Interval);
        await pause.WaitAsync(Patience);
        await ComeAsync(3);
        _pace.BeforeRead();

        var bytes = new byte[10];
        (await _stream.ReadAsync(bytes).AsTask().WaitAsync(Patience)).ShouldBe(3);
        bytes[..3].ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task After_an_interval_in_which_nothing_came_the_first_byte_is_read()
    {
        Task pause = _pace.PauseAsync(1, Room, default).AsTask();
        _time.Advance(Interval);
        await pause.WaitAsync(Patience);
        _pace.BeforeRead();
        Mark.ShouldBe(1);
        var bytes = new byte[10];
        Task<int> read = _stream.ReadAsync(bytes).AsTask();
        _there.Send([9]);

        (await read.WaitAsync(Patience)).ShouldBe(1);
    }

    [Fact]
    public void An_interval_of_zero_reads_at_once_and_leaves_the_socket_alone()
    {
        var pace = new ReadPace(_stream, TimeSpan.Zero, _time);

        pace.PauseAsync(1, Room, default).IsCompletedSuccessfully.ShouldBeTrue();
        Mark.ShouldBe(1);
        _time.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task A_stream_that_is_no_socket_is_put_off_as_well()
    {
        var pace = new ReadPace(new MemoryStream(), Interval, _time);
        Task pause = pace.PauseAsync(1, Room, default).AsTask();
        pause.IsCompleted.ShouldBeFalse();
        _time.Advance(Interval);

        await pause.WaitAsync(Patience);
        pace.BeforeRead();
    }

    private async Task ComeAsync(int bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (_stream.Socket.Available < bytes)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
