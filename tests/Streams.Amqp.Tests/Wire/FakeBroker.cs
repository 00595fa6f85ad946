using System.Buffers.Binary;
using System.Text;
using DataLoad.Streams.Amqp.Tests.Support;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>The broker's end of a connection, which says what a test has it say.</summary>
internal sealed class FakeBroker
{
    public const string Password = "pass-word-9";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FrameBuffer _frames = new(128 * 1024);
    private readonly Stream _stream;
    private readonly ChunkStream _client;
    private readonly SemaphoreSlim _arrived = new(0);

    public FakeBroker() => (_client, _stream) = ChunkStream.Pair();

    /// <summary>Makes one that speaks over another stream than its own, to a client that was connected by other means.</summary>
    public FakeBroker(Stream stream)
        : this() => _stream = stream;

    public ManualTime Time { get; } = new();

    public bool ClientIsGone => _client.IsDisposed;

    public static AmqpConnectionSettings Settings { get; } = new()
    {
        Name = "tests",
        UserName = "guest",
        Password = Password,
        VirtualHost = "/here",
        MaxBodyBytes = 1024 * 1024,
        RoomPatience = TimeSpan.FromMinutes(10),
        ReadInterval = TimeSpan.Zero,
    };

    public static byte[] Deliver(ulong tag, ushort channel = 1) =>
        new MethodWriter(channel, AmqpMethod.BasicDeliver).ShortText("1").UInt64(tag).Byte(0).ShortText("exchange").ShortText("key").ToBytes();

    public static byte[] Header(long bodyBytes, ReadOnlySpan<byte> properties, ushort channel = 1)
    {
        byte[] payload = [0, 60, 0, 0, .. new byte[8], .. properties];
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(4), bodyBytes);
        return Frame(2, channel, payload);
    }

    public static byte[] Body(ReadOnlySpan<byte> body, ushort channel = 1) => Frame(3, channel, body);

    /// <summary>A whole delivery, with its body in frames of at most so many bytes.</summary>
    public static byte[] Message(ulong tag, byte[] body, int frameBytes = 100_000, ushort channel = 1) =>
    [
        .. Deliver(tag, channel),
        .. Header(body.Length, [0, 0], channel),
        .. body.Chunk(frameBytes).SelectMany(part => Body(part, channel)),
    ];

    public static byte[] Frame(byte type, ushort channel, ReadOnlySpan<byte> payload)
    {
        byte[] frame = [type, (byte)(channel >> 8), (byte)channel, 0, 0, 0, 0, .. payload, 0xCE];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), payload.Length);
        return frame;
    }

    public void Send(params byte[][] parts) => _stream.WriteAsync(parts.SelectMany(part => part).ToArray()).AsTask().Wait();

    public void HangUp() => _stream.Dispose();

    /// <summary>The next frame of the client but heartbeats.</summary>
    public async Task<(FrameType Type, ushort Channel, byte[] Payload)> ReceiveAsync(bool heartbeats = false)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (TryTake(out (FrameType Type, ushort Channel, byte[] Payload) frame))
            {
                if (frame.Type != FrameType.Heartbeat || heartbeats)
                {
                    return frame;
                }

                continue;
            }

            int read = await _stream.ReadAsync(_frames.Free(), patience.Token);
            if (read == 0)
            {
                throw new EndOfStreamException("the client ended the connection");
            }

            _frames.Add(read);
        }
    }

    /// <summary>The next method of the client, which must be this one; its arguments.</summary>
    public async Task<byte[]> ExpectAsync(AmqpMethod method)
    {
        (FrameType _, ushort _, byte[] payload) = await ReceiveAsync();
        var got = (AmqpMethod)BinaryPrimitives.ReadUInt32BigEndian(payload);
        return got == method ? payload[4..] : throw new InvalidOperationException($"the client sent {got}; expected {method}");
    }

    public async Task ExpectHeadAsync()
    {
        var head = new byte[8];
        await _stream.ReadExactlyAsync(head);
        if (!head.AsSpan().SequenceEqual("AMQP\0\0\u0009\u0001"u8))
        {
            throw new InvalidOperationException("the client did not begin with the protocol's header");
        }
    }

    public void Start(string mechanisms = "AMQPLAIN PLAIN") =>
        Send(new MethodWriter(0, AmqpMethod.ConnectionStart).Byte(0).Byte(9).Table(new Dictionary<string, object?> { ["product"] = "Fake" })
            .LongBytes(Encoding.UTF8.GetBytes(mechanisms)).LongBytes("en_US"u8).ToBytes());

    public void Tune(ushort channels = 2047, uint frameBytes = 131072, ushort heartbeat = 60) =>
        Send(new MethodWriter(0, AmqpMethod.ConnectionTune).UInt16(channels).UInt32(frameBytes).UInt16(heartbeat).ToBytes());

    public void Close(ushort channel, ushort code, string text) =>
        Send(new MethodWriter(channel, channel == 0 ? AmqpMethod.ConnectionClose : AmqpMethod.ChannelClose)
        .UInt16(code).ShortText(text).UInt16(0).UInt16(0).ToBytes());

    public Task<WireConnection> ConnectAsync(AmqpConnectionSettings? settings = null, AmqpConnectionRole role = AmqpConnectionRole.Consuming) =>
        WireConnection.OpenAsync(_client, settings ?? Settings, role, Time, default);

    /// <summary>Opens a connection.</summary>
    public async Task<WireConnection> OpenAsync(
        AmqpConnectionSettings? settings = null,
        uint frameBytes = 131072,
        AmqpConnectionRole role = AmqpConnectionRole.Consuming)
    {
        Task<WireConnection> connecting = ConnectAsync(settings, role);
        await AcceptAsync(frameBytes);
        return await connecting.WaitAsync(Patience);
    }

    /// <summary>The broker's part of opening a connection.</summary>
    public async Task AcceptAsync(uint frameBytes = 131072)
    {
        await ExpectHeadAsync();
        Start();
        await ExpectAsync(AmqpMethod.ConnectionStartOk);
        Tune(frameBytes: frameBytes);
        await ExpectAsync(AmqpMethod.ConnectionTuneOk);
        await ExpectAsync(AmqpMethod.ConnectionOpen);
        Send(new MethodWriter(0, AmqpMethod.ConnectionOpenOk).ShortText("").ToBytes());
    }

    public DeliveryRing Ring(int prefetch = 100, long maxBytes = 10_000_000) => new(prefetch, maxBytes, () => _arrived.Release());

    /// <summary>Opens a channel.</summary>
    public async Task<IAmqpChannel> OpenChannelAsync(WireConnection connection, ushort channel = 1)
    {
        Task<IAmqpChannel> opening = connection.OpenChannelAsync(default);
        await ExpectAsync(AmqpMethod.ChannelOpen);
        Send(new MethodWriter(channel, AmqpMethod.ChannelOpenOk).LongBytes([]).ToBytes());
        return await opening.WaitAsync(Patience);
    }

    /// <summary>Opens a channel that consumes into a ring.</summary>
    public async Task<IAmqpChannel> ConsumeAsync(WireConnection connection, DeliveryRing ring, int prefetch = 100, ushort channel = 1)
    {
        IAmqpChannel opened = await OpenChannelAsync(connection, channel);
        Task consuming = opened.ConsumeAsync("queue", prefetch, isExclusive: false, ring, default);
        await ExpectAsync(AmqpMethod.BasicQos);
        Send(new MethodWriter(channel, AmqpMethod.BasicQosOk).ToBytes());
        await ExpectAsync(AmqpMethod.BasicConsume);
        Send(new MethodWriter(channel, AmqpMethod.BasicConsumeOk).ShortText("1").ToBytes());
        await consuming.WaitAsync(Patience);
        return opened;
    }

    /// <summary>Waits until so many deliveries are in the ring and not taken.</summary>
    public async Task WaitForAsync(DeliveryRing ring, int count)
    {
        while (ring.Written - ring.Taken < (ulong)count)
        {
            (await _arrived.WaitAsync(Patience)).ShouldBeTrue($"{count} deliveries did not arrive");
        }
    }

    /// <summary>Waits until so many deliveries are in the ring, and takes them out: tags and bodies.</summary>
    public async Task<List<(ulong Tag, byte[] Body)>> TakeAsync(DeliveryRing ring, int count)
    {
        await WaitForAsync(ring, count);
        var start = (long)ring.Taken;
        ring.Take(count).ShouldBe(count);
        List<(ulong, byte[])> taken = [.. Enumerable.Range(0, count).Select(i => (ring.At(start + i).Tag, ring.At(start + i).Body.ToArray()))];
        ring.Release(start, count);
        return taken;
    }

    private bool TryTake(out (FrameType, ushort, byte[]) frame)
    {
        bool taken = _frames.TryTake(out FrameType type, out ushort channel, out ReadOnlySpan<byte> payload);
        frame = (type, channel, payload.ToArray());
        return taken;
    }
}
