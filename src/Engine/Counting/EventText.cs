namespace DataLoad.Engine.Counting;

/// <summary>The places of an event's texts. A stream's own text fields follow from <see cref="Own"/> on, in order.</summary>
public static class EventText
{
    /// <summary><c>sessionStr</c>.</summary>
    public const int SessionStr = 0;

    /// <summary><c>parentTopicType</c>.</summary>
    public const int ParentTopicType = 1;

    /// <summary><c>qrCode</c>.</summary>
    public const int QrCode = 2;

    /// <summary><c>channelType</c>, as the message or the row has it.</summary>
    public const int ChannelType = 3;

    /// <summary>The first of the stream's own texts.</summary>
    public const int Own = 4;
}
