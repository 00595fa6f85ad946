using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Counting;

/// <summary>A resolved business event: what happened, never what it adds. Reused, so that none is allocated for each; not thread-safe.</summary>
public sealed class BusinessEvent
{
    /// <summary>How many texts an event can hold: those of <see cref="EventText"/> and up to 11 of the stream's own.</summary>
    public const int MaxTexts = 15;

    private readonly (int Offset, int Length)[] _texts = new (int, int)[MaxTexts];
    private byte[] _arena = new byte[512];
    private long[] _facts = new long[16];
    private int _used;

    /// <summary>The stream that it came through.</summary>
    public StreamDefinition Stream { get; private set; } = null!;

    /// <summary>Its topic.</summary>
    public TopicKey Topic { get; set; }

    /// <summary>When it happened, in epoch milliseconds.</summary>
    public long TimeMs { get; set; }

    /// <summary>The day it counts on, as <see cref="DateOnly.DayNumber"/>.</summary>
    public int Day { get; set; }

    /// <summary>The user; 0 is anonymous.</summary>
    public int WuId { get; set; }

    /// <summary>The parent topic's id, or null.</summary>
    public int? ParentTopicId { get; set; }

    /// <summary>Its identity.</summary>
    public EventId Identity { get; set; }

    /// <summary>The stream's facts, in the order of its declaration; those that an older version did not keep are 0.</summary>
    public ReadOnlySpan<long> Facts => _facts.AsSpan(0, Stream.Facts.Length);

    /// <summary>How many bytes its texts have.</summary>
    internal int TextBytes => _used;

    /// <summary>Empties the event and makes it one of that stream.</summary>
    public void Reset(StreamDefinition stream)
    {
        Stream = stream;
        Topic = default;
        TimeMs = 0;
        Day = 0;
        WuId = 0;
        ParentTopicId = null;
        Identity = default;
        _used = 0;
        Array.Clear(_texts);
        if (_facts.Length < stream.Facts.Length)
        {
            _facts = new long[stream.Facts.Length];
        }

        _facts.AsSpan(0, stream.Facts.Length).Clear();
    }

    /// <summary>Sets a fact by its place.</summary>
    public void SetFact(int index, long value) => _facts[index] = value;

    /// <summary>A text in UTF-8; empty where there is none.</summary>
    public ReadOnlySpan<byte> Text(int text) => _arena.AsSpan(_texts[text].Offset, _texts[text].Length);

    /// <summary>Sets a text; the bytes are copied.</summary>
    public void SetText(int text, ReadOnlySpan<byte> utf8) => utf8.CopyTo(MakeText(text, utf8.Length));

    /// <summary>Makes room for a text of that many bytes, to be filled.</summary>
    internal Span<byte> MakeText(int text, int length)
    {
        if (_used + length > _arena.Length)
        {
            Array.Resize(ref _arena, Math.Max(_arena.Length * 2, _used + length));
        }

        _texts[text] = (_used, length);
        _used += length;
        return _arena.AsSpan(_used - length, length);
    }
}

/// <summary>The places of an event's texts. A stream's own text fields follow from <see cref="Own"/> on, in order.</summary>
public static class EventText
{
    /// <summary>The places of common fields; of <c>channelType</c> as the message or the row has it.</summary>
    public const int SessionStr = 0, ParentTopicType = 1, QrCode = 2, ChannelType = 3;

    /// <summary>The first of the stream's own texts.</summary>
    public const int Own = 4;
}
