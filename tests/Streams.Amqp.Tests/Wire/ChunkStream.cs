using System.Threading.Channels;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>One end of a connection in memory: each write of the other end is one read of this one, or more where the buffer is small.</summary>
internal sealed class ChunkStream(ChannelReader<byte[]> reader, ChannelWriter<byte[]> writer) : Stream
{
    private ReadOnlyMemory<byte> _left;
    private int _disposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    public static (ChunkStream Here, ChunkStream There) Pair()
    {
        var one = Channel.CreateUnbounded<byte[]>();
        var other = Channel.CreateUnbounded<byte[]>();
        return (new ChunkStream(one.Reader, other.Writer), new ChunkStream(other.Reader, one.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_left.IsEmpty)
        {
            if (!await reader.WaitToReadAsync(cancellationToken))
            {
                return 0;
            }

            reader.TryRead(out byte[]? chunk);
            _left = chunk;
        }

        int count = Math.Min(buffer.Length, _left.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        writer.TryWrite(buffer.ToArray()) ? ValueTask.CompletedTask : ValueTask.FromException(new IOException("the other end is gone"));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Volatile.Write(ref _disposed, 1);
        writer.TryComplete();
        base.Dispose(disposing);
    }
}
