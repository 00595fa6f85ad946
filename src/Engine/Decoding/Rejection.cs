namespace DataLoad.Engine.Decoding;

/// <summary>Why a delivery cannot be counted: what its dead letter's headers say.</summary>
/// <param name="Reason">A short stable code, one of <see cref="RejectReason"/>.</param>
/// <param name="Error">A sentence that names the field and its value.</param>
public sealed record Rejection(string Reason, string Error);
