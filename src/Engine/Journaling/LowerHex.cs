using System.Buffers;

namespace DataLoad.Engine.Journaling;

/// <summary>The lower-case hexadecimal digits.</summary>
internal static class LowerHex
{
    public static SearchValues<byte> Digits { get; } = SearchValues.Create("0123456789abcdef"u8);
}
