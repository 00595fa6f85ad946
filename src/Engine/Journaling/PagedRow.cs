using System.Buffers.Binary;
using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// The store keys and heads of what is kept as a directory and pages, and named by two numbers. A key: a byte for the kind of the row, the two numbers, and a
/// page's index, the highest byte first. A row's bytes begin with a version, the same kind and numbers, so that a row under another's key is found out.
/// </summary>
/// <remarks>Directories and pages start with a byte of their own, so that all directories are listed without a page.</remarks>
internal static class PagedRow
{
    /// <summary>In place of a page's index: the directory.</summary>
    public const int DirectoryPage = -1;

    private const byte Version = 1;
    private const byte DirectoryByte = 1;
    private const byte PageByte = 2;
    private const int DirectoryLength = 17;
    private const int PageLength = 21;

    /// <summary>What the keys of all directories start with.</summary>
    public static byte[] DirectoryPrefix() => [DirectoryByte];

    /// <summary>What the keys of all pages of one directory start with.</summary>
    public static byte[] PagePrefix(long first, long second) => Key(first, second, 0)[..DirectoryLength];

    /// <summary>The key of a page, or of the directory for <see cref="DirectoryPage"/>.</summary>
    public static byte[] Key(long first, long second, int page)
    {
        byte[] key = new byte[page == DirectoryPage ? DirectoryLength : PageLength];
        key[0] = KindOf(page);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), first);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), second);
        if (page != DirectoryPage)
        {
            BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(DirectoryLength), page);
        }

        return key;
    }

    /// <summary>Reads a key; false where it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> key, out long first, out long second, out int page)
    {
        (first, second, page) = (0, 0, DirectoryPage);
        bool isDirectory = key.Length == DirectoryLength && key[0] == DirectoryByte;
        if (!isDirectory && !(key.Length == PageLength && key[0] == PageByte))
        {
            return false;
        }

        first = BinaryPrimitives.ReadInt64BigEndian(key[1..]);
        second = BinaryPrimitives.ReadInt64BigEndian(key[9..]);
        page = isDirectory ? DirectoryPage : BinaryPrimitives.ReadInt32BigEndian(key[DirectoryLength..]);
        return isDirectory || page >= 0;
    }

    /// <summary>Begins the bytes of a page, any of them, or of the directory.</summary>
    public static void Begin(ByteWriter writer, long first, long second, int page)
    {
        writer.Clear();
        writer.Byte(Version);
        writer.Byte(KindOf(page));
        writer.Unsigned((ulong)first);
        writer.Unsigned((ulong)second);
    }

    /// <summary>Reads what <see cref="Begin"/> wrote.</summary>
    /// <param name="reader">Stands at the begin of the row's bytes.</param>
    /// <param name="first">The first number that the row must have.</param>
    /// <param name="second">The second one.</param>
    /// <param name="page">The page that it must be one of, or <see cref="DirectoryPage"/>.</param>
    /// <param name="name">What the two numbers that it has are called to people.</param>
    /// <exception cref="InvalidDataException">It is of an unknown version, or another row's.</exception>
    public static void CheckHead(ref ByteReader reader, long first, long second, int page, Func<long, long, string> name)
    {
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"it is of version {version}, where this program knows version {Version}");
        }

        byte kind = reader.Byte();
        long storedFirst = (long)reader.Unsigned();
        long storedSecond = (long)reader.Unsigned();
        if (kind != KindOf(page) || storedFirst != first || storedSecond != second)
        {
            throw new InvalidDataException($"it holds a row of kind {kind} of {name(storedFirst, storedSecond)}");
        }
    }

    private static byte KindOf(int page) => page == DirectoryPage ? DirectoryByte : PageByte;
}
