namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Writes frames in order, what comes while a write is under way with the next. Calls back once when writing failed. Thread-safe.</summary>
internal sealed class FrameSender(Stream stream, Action<Exception> failed)
{
    // Whoever sends waits for its frames to be written before it sends more than a little, so that this is never reached.
    private const int MaxWaitingBytes = 4 * 1024 * 1024;
    private const int BusyBytes = 256 * 1024;
    private const int KeptBytes = 1024 * 1024;

    private readonly Lock _lock = new();
    private byte[] _waiting = new byte[512];
    private byte[] _spare = new byte[512];
    private int _length;
    private bool _writing;
    private Exception? _failure;
    private TaskCompletionSource _round = NewRound();
    private long _sent;

    /// <summary>Whether more waits to be sent than is worth adding to.</summary>
    public bool IsBusy => Volatile.Read(ref _length) > BusyBytes;

    /// <summary>How many bytes were ever given to send.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Sends whole frames.</summary>
    /// <returns>Done when they were handed to the operating system; failed where that failed.</returns>
    public Task SendAsync(ReadOnlySpan<byte> frames)
    {
        Task written;
        lock (_lock)
        {
            if (_failure is not null)
            {
                return Task.FromException(new AmqpException($"The connection to the broker was lost: {_failure.Message}", cause: _failure));
            }

            if (_length > MaxWaitingBytes)
            {
                return Task.FromException(new AmqpException("The broker does not take what is sent to it."));
            }

            if (_length + frames.Length > _waiting.Length)
            {
                Array.Resize(ref _waiting, Math.Max(_waiting.Length * 2, _length + frames.Length));
            }

            frames.CopyTo(_waiting.AsSpan(_length));
            _length += frames.Length;
            _sent += frames.Length;
            written = _round.Task;
            if (_writing)
            {
                return written;
            }

            _writing = true;
        }

        _ = WriteAsync();
        return written;
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WriteAsync()
    {
        while (TakeRound(out ReadOnlyMemory<byte> bytes, out TaskCompletionSource round))
        {
            try
            {
                await stream.WriteAsync(bytes);
                round.TrySetResult();
            }
            catch (Exception e)
            {
                Fail(round, e);
                failed(e);
                return;
            }
        }
    }

    private bool TakeRound(out ReadOnlyMemory<byte> bytes, out TaskCompletionSource round)
    {
        lock (_lock)
        {
            round = _round;
            bytes = _waiting.AsMemory(0, _length);
            if (_length == 0)
            {
                _writing = false;
                return false;
            }

            (_waiting, _spare) = (_spare.Length > KeptBytes ? new byte[512] : _spare, _waiting);
            _length = 0;
            _round = NewRound();
            return true;
        }
    }

    private void Fail(TaskCompletionSource round, Exception cause)
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            _failure = cause;
            next = _round;
        }

        foreach (TaskCompletionSource each in (TaskCompletionSource[])[round, next])
        {
            each.TrySetException(new AmqpException($"The connection to the broker was lost: {cause.Message}", cause: cause));

            // Whoever did not wait for the write learns of it by the end of the connection.
            _ = each.Task.Exception;
        }
    }
}
