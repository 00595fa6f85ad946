namespace DataLoad.Engine.Counting.Sets;

/// <summary>Sizes of managed objects on a 64-bit runtime, in bytes, with headers and alignment.</summary>
internal static class ManagedBytes
{
    private const long ObjectHeader = 16; // object header and method table
    private const long ArrayHeader = ObjectHeader + 8; // and the padded length

    /// <summary>An object with this many bytes of fields.</summary>
    public static long Object(int fieldBytes) => Aligned(ObjectHeader + fieldBytes);

    /// <summary>An array; 0 for an empty one, which is shared.</summary>
    public static long Array(int length, int elementBytes) => length == 0 ? 0 : Aligned(ArrayHeader + (long)length * elementBytes);

    private static long Aligned(long bytes) => (bytes + 7) & ~7;
}
