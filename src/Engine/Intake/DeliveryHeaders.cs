namespace DataLoad.Engine.Intake;

/// <summary>The message headers that mean something to the engine.</summary>
public static class DeliveryHeaders
{
    /// <summary>When a message was received first, in epoch milliseconds.</summary>
    public const string Received = "x-dataload-received";
    /// <summary>The stream that rejected a message.</summary>
    public const string Stream = "x-dataload-stream";
    /// <summary>The short code of why.</summary>
    public const string Reason = "x-dataload-reason";
    /// <summary>The sentence that says why.</summary>
    public const string Error = "x-dataload-error";
    /// <summary>The user that a rejected message was published by, where the engine may not publish in that name.</summary>
    public const string UserId = "x-dataload-user-id";
    /// <summary>How long a message is to be delayed, in milliseconds.</summary>
    public const string Delay = "x-delay";
}
