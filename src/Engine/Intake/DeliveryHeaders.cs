namespace DataLoad.Engine.Intake;

/// <summary>The message headers that mean something to the engine, as the bytes of their names.</summary>
public static class DeliveryHeaders
{
    /// <summary>When a message was received first, in epoch milliseconds.</summary>
    public static ReadOnlySpan<byte> Received => "x-dataload-received"u8;

    /// <summary>The stream that rejected a message.</summary>
    public static ReadOnlySpan<byte> Stream => "x-dataload-stream"u8;

    /// <summary>The short code of why.</summary>
    public static ReadOnlySpan<byte> Reason => "x-dataload-reason"u8;

    /// <summary>The sentence that says why.</summary>
    public static ReadOnlySpan<byte> Error => "x-dataload-error"u8;

    /// <summary>The names of headers that a dead letter does not have, since the broker would not have taken it.</summary>
    public static ReadOnlySpan<byte> Dropped => "x-dataload-dropped-headers"u8;

    /// <summary>The user that a rejected message was published by, where the engine may not publish in that name.</summary>
    public static ReadOnlySpan<byte> UserId => "x-dataload-user-id"u8;

    /// <summary>How long a message is to be delayed, in milliseconds.</summary>
    public static ReadOnlySpan<byte> Delay => "x-delay"u8;
}
