using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

public sealed class IdSetHostileBytesTests
{
    private static readonly byte[] OneRunContainer =
        [0x21, 0x3B, 0x30, 0, 0, 1, 0, 0, 99, 0, 2, 0, 10, 0, 49, 0, 100, 0, 49, 0];

    private static readonly byte[] TwoArrays =
    [
        0x21, 0x3A, 0x30, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 5, 0, 1, 0,
        24, 0, 0, 0, 28, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0,
    ];

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "no bytes", [] },
        { "unknown encoding and version 0x00", [0x00] },
        { "unknown encoding and version 0x12", [0x12, 0] },
        { "truncated in the varint of the number of ids", [0x11] },
        { "truncated in the varint of the number of ids", [0x11, 0x80] },
        { "5 ids announced, but only 1 bytes follow", [0x11, 5, 1] },
        { "4294967295 ids announced", [0x11, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F] },
        { "beyond 32 bits", [0x11, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F] },
        { "truncated in the varint of an id", [0x11, 2, 1, 0x80] },
        { "longer than it needs to be", [0x11, 1, 0x81, 0x00] },
        { "id 2147483648 at index 0 is beyond", [0x11, 1, 0x80, 0x80, 0x80, 0x80, 0x08] },
        { "id 2147483648 at index 1 is beyond", [0x11, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0] },
        { "1 trailing bytes", [0x11, 1, 7, 0] },
        { "truncated: the cookie", [0x21, 0x3A, 0x30] },
        { "unknown cookie 12345", [0x21, 0x39, 0x30, 0, 0] },
        { "unknown cookie 77882", [0x21, 0x3A, 0x30, 1, 0, 0, 0, 0, 0] },
        { "truncated: the number of containers", [0x21, 0x3A, 0x30, 0, 0, 1] },
        { "4294967295 containers", [0x21, 0x3A, 0x30, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "truncated: the descriptive header takes 131072 bytes", [0x21, 0x3A, 0x30, 0, 0, 0, 0x80, 0, 0] },
        { "truncated: the run flags", [0x21, 0x3B, 0x30, 0xFF, 0x7F] },
        { "65536 containers", [0x21, 0x3B, 0x30, 0xFF, 0xFF, .. new byte[8192]] },
        { "run flags set beyond the last container", With(OneRunContainer, 5, 3) },
        { "truncated: the offset header", TwoArrays[..20] },
        { "container 1 is out of order: key 0 after 0", With(TwoArrays, 13, 0) },
        { "key 32768 of container 1", With(With(TwoArrays, 13, 0), 14, 0x80) },
        { "offset 25 of container 0, which is at 24", With(TwoArrays, 17, 25) },
        { "array of container 0 is out of order: 1 after 1", With(TwoArrays, 27, 1) },
        { "array of container 1 is out of order: 2 after 3", With(TwoArrays, 31, 2) },
        { "truncated: the array of container 1 takes 4 bytes, 3 are left", TwoArrays[..^1] },
        { "2 trailing bytes", [.. TwoArrays, 0, 0] },
        { "cardinality mismatch: container 0 announces 101 ids and has 100", With(OneRunContainer, 8, 100) },
        { "run 1 of container 0 starts at 60, not apart", With(OneRunContainer, 16, 60) },
        { "run 1 of container 0 starts at 5, not apart", With(OneRunContainer, 16, 5) },
        { "run 1 of container 0 ends at 65553, beyond", With(With(OneRunContainer, 16, 0xE0), 17, 0xFF) },
        { "truncated: the runs of container 0 takes 12 bytes", With(OneRunContainer, 10, 3) },
        { "cardinality mismatch: container 0 announces 100 ids and has 0", With(OneRunContainer, 10, 0)[..12] },
        { "truncated: the bitmap of container 0", [0x21, 0x3A, 0x30, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x20, 16, 0, 0, 0, 1, 2, 3] },
        { "cardinality mismatch: container 0 announces 8193 ids and has 0",
            [0x21, 0x3A, 0x30, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x20, 16, 0, 0, 0, .. new byte[8192]] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_bytes_are_refused_by_name(string what, byte[] bytes) =>
        Should.Throw<InvalidDataException>(() => IdSet.Read(bytes)).Message.ShouldContain(what);

    [Fact]
    public void The_unbroken_originals_are_read()
    {
        IdSet.Read(OneRunContainer).Count.ShouldBe(100);
        IdSet.Read(TwoArrays).ShouldHold([1, 2, 5 * 65_536 + 3, 5 * 65_536 + 4]);
    }

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void Every_truncation_is_refused(string shape)
    {
        var bytes = IdShapes.Make(shape, 31).ToSet().Stored();
        var step = Math.Max(1, bytes.Length / 150);
        for (var length = 0; length < bytes.Length; length += step)
        {
            Should.Throw<InvalidDataException>(() => IdSet.Read(bytes.AsSpan(0, length)));
        }

        Should.Throw<InvalidDataException>(() => IdSet.Read(bytes.AsSpan(0, bytes.Length - 1)));
        Should.Throw<InvalidDataException>(() => IdSet.Read([.. bytes, 0]));
    }

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void Mutated_bytes_are_a_valid_set_or_refused_within_bounds(string shape)
    {
        var random = new Random(41);
        var original = IdShapes.Make(shape, 32).Take(8_000).ToSet().Stored();
        var refused = 0;
        for (var round = 0; round < 200; round++)
        {
            var bytes = ByteMutator.MutateSome(original, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            IdSet set;
            try
            {
                set = IdSet.Read(bytes);
            }
            catch (InvalidDataException)
            {
                refused++;
                Allocated(before).ShouldBeLessThan(16L * bytes.Length + 64_000);
                continue;
            }

            Allocated(before).ShouldBeLessThan(24L * bytes.Length + 64_000);
            ShouldBeSound(set);
        }

        refused.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Noise_behind_a_valid_start_is_a_valid_set_or_refused()
    {
        var random = new Random(43);
        byte[][] starts = [[], [0x11], [0x21], [0x21, 0x3A, 0x30, 0, 0], [0x21, 0x3B, 0x30], [0x21, 0x3B, 0x30, 0, 0, 1], [0x11, 40]];
        for (var round = 0; round < 20_000; round++)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            try
            {
                ShouldBeSound(IdSet.Read([.. starts[random.Next(starts.Length)], .. noise]));
            }
            catch (InvalidDataException)
            {
                // Refused: as good.
            }
        }
    }

    private static long Allocated(long before) => GC.GetAllocatedBytesForCurrentThread() - before;

    private static void ShouldBeSound(IdSet set)
    {
        var ids = new int[set.Count];
        set.CopyTo(ids);
        for (var i = 0; i < ids.Length; i++)
        {
            if ((i > 0 && ids[i] <= ids[i - 1]) || ids[i] < 0 || !set.Contains(ids[i]))
            {
                throw new ShouldAssertException("ids are not ascending, distinct, non-negative and contained");
            }
        }

        IdSet.Read(set.Stored()).SequenceEqual(ids).ShouldBeTrue();
        set.Add(0).ShouldBe(ids.Length == 0 || ids[0] != 0);
    }

    private static byte[] With(byte[] bytes, int index, byte value)
    {
        var changed = bytes.ToArray();
        changed[index] = value;
        return changed;
    }
}
