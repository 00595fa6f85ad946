using System.Text;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Opens a connection: login, the agreement on limits, and the virtual host.</summary>
internal sealed class Handshake(Stream stream, FrameBuffer frames, AmqpConnectionSettings settings, AmqpConnectionRole role)
{
    // RabbitMQ's own default; far above what the streams need.
    private const ushort MostChannels = 2047;

    // Where a refusal came: what was asked for.
    private string _asked = "the connection";

    /// <summary>Opens the connection.</summary>
    /// <returns>What was agreed on.</returns>
    /// <exception cref="AmqpException">The broker refuses, or is none.</exception>
    public async Task<FrameLimits> RunAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), cancellationToken);
        CheckStart(await ReceiveAsync(AmqpMethod.ConnectionStart, cancellationToken));
        _asked = $"the login as '{settings.UserName}'";
        await stream.WriteAsync(StartOk(), cancellationToken);
        FrameLimits limits = Agree(await ReceiveAsync(AmqpMethod.ConnectionTune, cancellationToken));
        _asked = $"the vhost '{settings.VirtualHost}'";
        await stream.WriteAsync(TuneOkAndOpen(limits), cancellationToken);
        await ReceiveAsync(AmqpMethod.ConnectionOpenOk, cancellationToken);
        frames.MaxFrameBytes = limits.FrameBytes;
        return limits;
    }

    private static void CheckStart(byte[] payload)
    {
        var start = new MethodReader(payload);
        (byte major, byte minor) = (start.Byte(), start.Byte());
        if ((major, minor) != (0, 9))
        {
            throw new AmqpException($"The broker speaks AMQP {major}-{minor}; expected 0-9.");
        }

        start.LongBytes();
        string mechanisms = Encoding.UTF8.GetString(start.LongBytes());
        if (!mechanisms.Split(' ').Contains("PLAIN", StringComparer.Ordinal))
        {
            throw new AmqpException($"The broker takes no login with a password: it offers '{mechanisms}', not PLAIN.");
        }
    }

    private byte[] StartOk() => new MethodWriter(0, AmqpMethod.ConnectionStartOk)
        .Table(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["product"] = "DataLoad.Streams.Amqp",
            ["version"] = typeof(Handshake).Assembly.GetName().Version?.ToString(3) ?? "0",
            ["connection_name"] = $"{settings.Name} {role.ToString().ToLowerInvariant()}",
            ["capabilities"] = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["consumer_cancel_notify"] = true,
                ["authentication_failure_close"] = true,
                ["connection.blocked"] = true,
                ["basic.nack"] = true,
                ["publisher_confirms"] = true,
            },
        })
        .ShortText("PLAIN")
        .LongBytes(Encoding.UTF8.GetBytes($"\0{settings.UserName}\0{settings.Password}"))
        .ShortText("en_US")
        .ToBytes();

    private FrameLimits Agree(byte[] payload)
    {
        var tune = new MethodReader(payload);
        (ushort channels, uint frameBytes, ushort heartbeat) = (tune.UInt16(), tune.UInt32(), tune.UInt16());
        if (frameBytes is not 0 and < 4096)
        {
            throw new AmqpException($"The broker takes frames of at most {frameBytes} bytes; AMQP has at least 4096.");
        }

        var wanted = (ushort)Math.Clamp(Math.Ceiling(settings.Heartbeat.TotalSeconds), 1, ushort.MaxValue);
        return new FrameLimits(
            channels == 0 ? MostChannels : Math.Min(channels, MostChannels),
            (int)(frameBytes == 0 ? (uint)settings.MaxFrameBytes : Math.Min(frameBytes, (uint)settings.MaxFrameBytes)),
            heartbeat == 0 ? wanted : Math.Min(heartbeat, wanted));
    }

    private byte[] TuneOkAndOpen(FrameLimits limits) =>
    [
        .. new MethodWriter(0, AmqpMethod.ConnectionTuneOk).UInt16(limits.Channels).UInt32((uint)limits.FrameBytes).UInt16(limits.HeartbeatSeconds).ToBytes(),
        .. new MethodWriter(0, AmqpMethod.ConnectionOpen).ShortText(settings.VirtualHost).ShortText("").Byte(0).ToBytes(),
    ];

    /// <summary>Waits for one method, the only one that may come except for the connection's end.</summary>
    private async Task<byte[]> ReceiveAsync(AmqpMethod expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out FrameType type, out byte[] payload))
            {
                if (type == FrameType.Heartbeat)
                {
                    continue;
                }

                var method = new MethodReader(payload);
                if (method.Method == expected)
                {
                    return payload;
                }

                if (method.Method == AmqpMethod.ConnectionClose)
                {
                    (ushort code, string text) = (method.UInt16(), method.ShortText());
                    await stream.WriteAsync(new MethodWriter(0, AmqpMethod.ConnectionCloseOk).ToBytes(), cancellationToken);
                    throw new AmqpException($"The broker refuses {_asked}: {text} (code {code}).", code);
                }

                throw new AmqpException($"The broker answered {_asked} with {method.Method}; expected {expected}.");
            }

            int read = await stream.ReadAsync(frames.Free(), cancellationToken);
            if (read == 0)
            {
                throw new AmqpException($"The broker ended the connection when it was asked for {_asked}.");
            }

            frames.Add(read);
        }
    }

    private bool TryTake(out FrameType type, out byte[] payload)
    {
        payload = [];
        if (!frames.TryTake(out type, out ushort channel, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        if (channel != 0 || type is not (FrameType.Method or FrameType.Heartbeat))
        {
            throw new AmqpException($"The broker sent a frame of type {type} on channel {channel} before the connection was open.");
        }

        payload = bytes.ToArray();
        return true;
    }
}
