using System.Buffers.Binary;
using System.Globalization;

namespace DataLoad.Engine.Seen;

/// <summary>
/// A segment's name and the store keys of its rows. Directories and pages start with a byte of their own, so that a
/// start lists the directories without reading a page; then follow bucket, segment and, for a page, its index, the
/// highest byte first.
/// </summary>
/// <param name="Bucket">The time bucket, counted in lengths of the segment's bucket.</param>
/// <param name="Number">The segment's number, unlike any other of its Partition.</param>
internal readonly record struct SegmentKey(long Bucket, long Number)
{
    /// <summary>In place of a page's index: the directory.</summary>
    public const int DirectoryPage = -1;

    private const byte DirectoryByte = 1;
    private const byte PageByte = 2;
    private const int DirectoryLength = 17;
    private const int PageLength = 21;

    /// <summary>What the keys of all directories start with.</summary>
    public static byte[] DirectoryPrefix() => [DirectoryByte];

    /// <summary>The key of a page, or of the directory for <see cref="DirectoryPage"/>.</summary>
    public byte[] Row(int page)
    {
        byte[] key = new byte[page == DirectoryPage ? DirectoryLength : PageLength];
        key[0] = page == DirectoryPage ? DirectoryByte : PageByte;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), Bucket);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), Number);
        if (page != DirectoryPage)
        {
            BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(DirectoryLength), page);
        }

        return key;
    }

    /// <summary>What the keys of all rows of the segment start with: that of its directory, and those of its pages.</summary>
    public byte[][] RowPrefixes() => [Row(DirectoryPage), Row(0)[..DirectoryLength]];

    /// <summary>Reads a row's key; false where it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> key, out SegmentKey segment, out int page)
    {
        segment = default;
        page = DirectoryPage;
        bool directory = key.Length == DirectoryLength && key[0] == DirectoryByte;
        if (!directory && !(key.Length == PageLength && key[0] == PageByte))
        {
            return false;
        }

        segment = new SegmentKey(BinaryPrimitives.ReadInt64BigEndian(key[1..]), BinaryPrimitives.ReadInt64BigEndian(key[9..]));
        page = directory ? DirectoryPage : BinaryPrimitives.ReadInt32BigEndian(key[DirectoryLength..]);
        return segment is { Bucket: >= 0, Number: >= 0 } && (directory || page >= 0);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} of bucket {Bucket}");
}
