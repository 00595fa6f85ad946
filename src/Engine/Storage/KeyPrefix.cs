namespace DataLoad.Engine.Storage;

/// <summary>Keys that start alike, as a range of keys ordered as bytes.</summary>
public static class KeyPrefix
{
    /// <summary>The first key after all that start with a prefix, or null where there is none.</summary>
    public static byte[]? End(ReadOnlySpan<byte> prefix)
    {
        int length = prefix.Length;
        while (length > 0 && prefix[length - 1] == byte.MaxValue)
        {
            length--;
        }

        if (length == 0)
        {
            return null;
        }

        byte[] end = prefix[..length].ToArray();
        end[^1]++;
        return end;
    }
}
