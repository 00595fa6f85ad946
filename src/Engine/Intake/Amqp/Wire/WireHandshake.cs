using System.Text;

namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>Opens a connection: login, the agreement on limits, and the virtual host.</summary>
internal sealed class WireHandshake(Stream stream, FrameBuffer frames, WireOptions options)
{
    // RabbitMQ's own default; far above what the streams need.
    private const ushort MostChannels = 2047;

    // Where a refusal came: what was asked for.
    private string _asked = "the connection";

    /// <summary>Opens the connection.</summary>
    /// <returns>What was agreed on.</returns>
    /// <exception cref="WireException">The broker refuses, or is none.</exception>
    public async Task<WireLimits> RunAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        CheckStart(await ReceiveAsync(WireMethod.ConnectionStart, cancellationToken).ConfigureAwait(false));
        _asked = $"the login as '{options.UserName}'";
        await stream.WriteAsync(StartOk(), cancellationToken).ConfigureAwait(false);
        WireLimits limits = Agree(await ReceiveAsync(WireMethod.ConnectionTune, cancellationToken).ConfigureAwait(false));
        _asked = $"the vhost '{options.VirtualHost}'";
        await stream.WriteAsync(TuneOkAndOpen(limits), cancellationToken).ConfigureAwait(false);
        await ReceiveAsync(WireMethod.ConnectionOpenOk, cancellationToken).ConfigureAwait(false);
        frames.MaxFrameBytes = limits.FrameBytes;
        return limits;
    }

    private static void CheckStart(byte[] payload)
    {
        var start = new MethodReader(payload);
        (byte major, byte minor) = (start.Byte(), start.Byte());
        if ((major, minor) != (0, 9))
        {
            throw new WireException($"The broker speaks AMQP {major}-{minor}; expected 0-9.");
        }

        start.LongBytes();
        string mechanisms = Encoding.UTF8.GetString(start.LongBytes());
        if (!mechanisms.Split(' ').Contains("PLAIN", StringComparer.Ordinal))
        {
            throw new WireException($"The broker takes no login with a password: it offers '{mechanisms}', not PLAIN.");
        }
    }

    private byte[] StartOk() => new MethodFrame(0, WireMethod.ConnectionStartOk)
        .Table(
            ("product", "DataLoad"),
            ("version", typeof(WireHandshake).Assembly.GetName().Version?.ToString(3) ?? "0"),
            ("connection_name", options.Name),
            ("capabilities", new (string, object)[]
            {
                ("consumer_cancel_notify", true),
                ("authentication_failure_close", true),
                ("connection.blocked", true),
                ("basic.nack", true),
                ("publisher_confirms", true),
            }))
        .ShortText("PLAIN")
        .LongBytes(Encoding.UTF8.GetBytes($"\0{options.UserName}\0{options.Password}"))
        .ShortText("en_US")
        .ToBytes();

    private WireLimits Agree(byte[] payload)
    {
        var tune = new MethodReader(payload);
        (ushort channels, uint frameBytes, ushort heartbeat) = (tune.UInt16(), tune.UInt32(), tune.UInt16());
        if (frameBytes is not 0 and < 4096)
        {
            throw new WireException($"The broker takes frames of at most {frameBytes} bytes; AMQP has at least 4096.");
        }

        var wanted = (ushort)Math.Clamp(Math.Ceiling(options.Heartbeat.TotalSeconds), 1, ushort.MaxValue);
        return new WireLimits(
            channels == 0 ? MostChannels : Math.Min(channels, MostChannels),
            (int)(frameBytes == 0 ? FrameBuffer.LargestFrame : Math.Min(frameBytes, FrameBuffer.LargestFrame)),
            heartbeat == 0 ? wanted : Math.Min(heartbeat, wanted));
    }

    private byte[] TuneOkAndOpen(WireLimits limits) =>
    [
        .. new MethodFrame(0, WireMethod.ConnectionTuneOk).UInt16(limits.Channels).UInt32((uint)limits.FrameBytes).UInt16(limits.HeartbeatSeconds).ToBytes(),
        .. new MethodFrame(0, WireMethod.ConnectionOpen).ShortText(options.VirtualHost).ShortText("").Byte(0).ToBytes(),
    ];

    /// <summary>Waits for one method, the only one that may come except for the connection's end.</summary>
    private async Task<byte[]> ReceiveAsync(WireMethod expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out WireFrameType type, out byte[] payload))
            {
                if (type == WireFrameType.Heartbeat)
                {
                    continue;
                }

                var method = new MethodReader(payload);
                if (method.Method == expected)
                {
                    return payload;
                }

                if (method.Method == WireMethod.ConnectionClose)
                {
                    (ushort code, string text) = (method.UInt16(), method.ShortText());
                    await stream.WriteAsync(new MethodFrame(0, WireMethod.ConnectionCloseOk).ToBytes(), cancellationToken).ConfigureAwait(false);
                    throw new WireException($"The broker refuses {_asked}: {text} (code {code}).");
                }

                throw new WireException($"The broker answered {_asked} with {method.Method}; expected {expected}.");
            }

            int read = await stream.ReadAsync(frames.Free(), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new WireException($"The broker ended the connection when it was asked for {_asked}.");
            }

            frames.Add(read);
        }
    }

    private bool TryTake(out WireFrameType type, out byte[] payload)
    {
        payload = [];
        if (!frames.TryTake(out type, out ushort channel, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        if (channel != 0 || type is not (WireFrameType.Method or WireFrameType.Heartbeat))
        {
            throw new WireException($"The broker sent a frame of type {type} on channel {channel} before the connection was open.");
        }

        payload = bytes.ToArray();
        return true;
    }
}
