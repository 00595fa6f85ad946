using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;

namespace DataLoad.Engine.Resolving;

/// <summary>A decoded message on its way to being an event, with where its rows are. Reused from message to message.</summary>
public sealed class Candidate
{
    private byte[] _messageId = [];
    private int _messageIdLength;

    /// <summary>Makes an empty candidate of a stream.</summary>
    public Candidate(StreamDefinition stream)
    {
        Fields = new MessageFields(stream);
        Keys = new int[stream.Lookups.Length];
        Rows = new int[stream.Lookups.Length];
    }

    /// <summary>What the message holds.</summary>
    public MessageFields Fields { get; }

    /// <summary>When it was received first, in epoch milliseconds.</summary>
    public long ReceivedMs { get; set; }

    /// <summary>The bytes of the AMQP message-id; empty where there is none.</summary>
    public ReadOnlySpan<byte> MessageId => _messageId.AsSpan(0, _messageIdLength);

    /// <summary>The delivery that it came by, which gives an event its identity that has no other; null where it then has none.</summary>
    public DeliveryId? Delivery { get; set; }

    /// <summary>The AMQP timestamp in epoch milliseconds; 0 where there is none.</summary>
    public long TimestampMs { get; set; }

    /// <summary>The id under which it was parked, or null where it comes from the broker.</summary>
    public Guid? ParkedAs { get; set; }

    /// <summary>What became of it so far.</summary>
    public CandidateState State { get; private set; }

    /// <summary>Why it is rejected, where it is.</summary>
    public Rejection? Rejection { get; private set; }

    /// <summary>What row was missing, where one is.</summary>
    public string? MissingRow { get; private set; }

    /// <summary>The key of each step.</summary>
    internal int[] Keys { get; }

    /// <summary>The place of each step's row.</summary>
    internal int[] Rows { get; }

    /// <summary>Empties the candidate.</summary>
    public void Clear()
    {
        Fields.Clear();
        ReceivedMs = 0;
        _messageIdLength = 0;
        Delivery = null;
        TimestampMs = 0;
        ParkedAs = null;
        State = CandidateState.Ready;
        Rejection = null;
        MissingRow = null;
    }

    /// <summary>Sets the bytes of the AMQP message-id, which are copied.</summary>
    public void SetMessageId(ReadOnlySpan<byte> bytes)
    {
        if (_messageId.Length < bytes.Length)
        {
            _messageId = new byte[Math.Max(64, bytes.Length)];
        }

        bytes.CopyTo(_messageId);
        _messageIdLength = bytes.Length;
    }

    /// <summary>Rejects it.</summary>
    public void Reject(Rejection rejection)
    {
        State = CandidateState.Rejected;
        Rejection = rejection;
    }

    internal void Miss(string row)
    {
        State = CandidateState.Missing;
        MissingRow = row;
    }
}

/// <summary>What became of a <see cref="Candidate"/>.</summary>
public enum CandidateState
{
    /// <summary>It can be made an event, or its rows are still to be looked up.</summary>
    Ready = 0,
    /// <summary>A row that it needs is not there yet.</summary>
    Missing = 1,
    /// <summary>It cannot be counted.</summary>
    Rejected = 2,
}
