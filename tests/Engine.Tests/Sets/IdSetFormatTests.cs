using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

/// <summary>
/// The stored form. Golden bytes are derived by hand from the text of
/// https://github.com/RoaringBitmap/RoaringFormatSpec, never printed by the code under test.
/// </summary>
public sealed class IdSetFormatTests
{
    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void What_is_written_reads_back_equal_and_writes_the_same_bytes(string shape)
    {
        var ids = IdShapes.Make(shape, 21).ToHashSet();
        var bytes = ids.ToSet().Stored();
        var read = IdSet.Read(bytes);
        read.ShouldHold(ids);
        read.Stored().ShouldBe(bytes);

        // However the set came about: added in another order, or left over by an operation.
        ids.Order().ToSet().Stored().ShouldBe(bytes);
        IdSet.Intersect(IdSet.Union([ids.ToSet(), Enumerable.Range(0, 700_000).ToSet()]), ids.ToSet()).Stored().ShouldBe(bytes);
    }

    [Fact]
    public void An_empty_set_is_two_bytes()
    {
        new IdSet().Stored().ShouldBe(new byte[] { 0x11, 0x00 });
        IdSet.Read([0x11, 0x00]).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Scattered_ids_are_a_count_and_the_gaps_between_them()
    {
        // 3 ids: 5; 5 + 1 + 300 = 306, a gap less one of 300 = 0b10_0101100; then the next one, a gap less one of 0.
        byte[] golden = [0x11, 0x03, 0x05, 0xAC, 0x02, 0x00];
        new[] { 5, 306, 307 }.ToSet().Stored().ShouldBe(golden);
        IdSet.Read(golden).ShouldHold([5, 306, 307]);

        // 2^31 - 1 takes five bytes: four times seven ones, then the last three.
        byte[] highest = [0x11, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0x07];
        new[] { int.MaxValue }.ToSet().Stored().ShouldBe(highest);
        IdSet.Read(highest).ShouldHold([int.MaxValue]);
    }

    [Fact]
    public void An_array_container_is_portable_roaring()
    {
        // 24 even ids from 131072 (key 2).
        byte[] golden =
        [
            0x21,
            0x3A, 0x30, 0, 0, 1, 0, 0, 0, // cookie 12346 and one container
            2, 0, 23, 0, // key 2, cardinality 24 less 1
            16, 0, 0, 0, // its offset from the cookie
            .. Enumerable.Range(0, 24).SelectMany(i => new byte[] { (byte)(2 * i), 0 }),
        ];
        int[] ids = [.. Enumerable.Range(0, 24).Select(i => 131_072 + 2 * i)];
        ids.ToSet().Stored().ShouldBe(golden);
        IdSet.Read(golden).ShouldHold(ids);
    }

    [Fact]
    public void A_bitmap_container_is_portable_roaring()
    {
        // 4,097 even ids from 0: bits 0, 2, 4, ... 8192, that is 1,024 bytes of 0x55 and one bit more.
        byte[] golden =
        [
            0x21,
            0x3A, 0x30, 0, 0, 1, 0, 0, 0,
            0, 0, 0x00, 0x10, // key 0, cardinality 4097 less 1 = 0x1000
            16, 0, 0, 0,
            .. Enumerable.Repeat((byte)0x55, 1024),
            1,
            .. new byte[8192 - 1025],
        ];
        int[] ids = [.. Enumerable.Range(0, 4097).Select(i => 2 * i)];
        ids.ToSet().Stored().ShouldBe(golden);
        IdSet.Read(golden).ShouldHold(ids);
    }

    [Fact]
    public void A_run_container_is_portable_roaring()
    {
        // 10 to 59 and 100 to 149, one container of runs: no offset header below four containers.
        byte[] golden =
        [
            0x21,
            0x3B, 0x30, 0, 0, // cookie 12347, one container less 1
            0b1, // which is of runs
            0, 0, 99, 0, // key 0, cardinality 100 less 1
            2, 0, 10, 0, 49, 0, 100, 0, 49, 0, // two runs: start, length less 1
        ];
        int[] ids = [.. Enumerable.Range(10, 50), .. Enumerable.Range(100, 50)];
        ids.ToSet().Stored().ShouldBe(golden);
        IdSet.Read(golden).ShouldHold(ids);
    }

    [Fact]
    public void Four_containers_with_runs_have_an_offset_header()
    {
        // Keys 0 to 3: full, a run of 30 ids, an array of 24 even ids, full.
        byte[] golden =
        [
            0x21,
            0x3B, 0x30, 3, 0, 0b1011,
            0, 0, 0xFF, 0xFF, 1, 0, 29, 0, 2, 0, 23, 0, 3, 0, 0xFF, 0xFF,
            37, 0, 0, 0, 43, 0, 0, 0, 49, 0, 0, 0, 97, 0, 0, 0, // 4 + 1 + 16 + 16 = 37; bodies of 6, 6, 48, 6
            1, 0, 0, 0, 0xFF, 0xFF,
            1, 0, 7, 0, 29, 0,
            .. Enumerable.Range(0, 24).SelectMany(i => new byte[] { (byte)(2 * i), 0 }),
            1, 0, 0, 0, 0xFF, 0xFF,
        ];
        int[] ids =
        [
            .. Enumerable.Range(0, 65_536), .. Enumerable.Range(65_543, 30),
            .. Enumerable.Range(0, 24).Select(i => 131_072 + 2 * i), .. Enumerable.Range(196_608, 65_536),
        ];
        ids.ToSet().Stored().ShouldBe(golden);
        IdSet.Read(golden).ShouldHold(ids);
    }

    [Fact]
    public void Another_writers_choice_of_container_is_read_too()
    {
        // Single ids as runs, which take more room than an array would.
        byte[] clumsy = [0x21, 0x3B, 0x30, 0, 0, 1, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 9, 0, 0, 0];
        IdSet.Read(clumsy).ShouldHold([3, 9]);
    }

    // Written by version 1 of each encoding and kept: these files must read for ever.
    [Theory]
    [InlineData("deltas-v1.bin", "scattered")]
    [InlineData("roaring-v1-arrays.bin", "arrays")]
    [InlineData("roaring-v1-mixed.bin", "mixed")]
    public void Kept_files_stay_readable(string file, string content)
    {
        var ids = FixtureIds(content);
        var path = Path.Combine(FixtureFolder(), file);
        if (Environment.GetEnvironmentVariable("DATALOAD_WRITE_FIXTURES") is "1" && !File.Exists(path))
        {
            File.WriteAllBytes(path, ids.ToSet().Stored());
        }

        var bytes = File.ReadAllBytes(path);
        IdSet.Read(bytes).ShouldHold(ids);
        ids.ToSet().Stored().ShouldBe(bytes);
    }

    [Fact]
    public void A_set_of_millions_writes_what_it_announces()
    {
        var set = Enumerable.Range(0, 3_000_000).Where(id => id % 3 != 0).ToSet();
        var bytes = set.Stored();
        bytes.Length.ShouldBeLessThan(46 * 8300);
        BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(1)).ShouldBe(12346u);
        IdSet.Read(bytes).Count.ShouldBe(2_000_000);
    }

    // Arithmetic only: a seeded Random could change between runtimes, and kept files must not.
    private static HashSet<int> FixtureIds(string content) => content switch
    {
        "scattered" => [.. Enumerable.Range(1, 500).Select(i => (int)(i * 2_654_435_761L % int.MaxValue)), 0, int.MaxValue],
        "arrays" => [.. Enumerable.Range(0, 3000).Select(i => (int)(i * 40_503L % 262_144))],
        "mixed" =>
        [
            .. Enumerable.Range(0, 65_536),
            .. Enumerable.Range(0, 6000).Select(i => 65_536 + i * 10),
            .. Enumerable.Range(0, 700).Select(i => 131_072 + i * i % 65_536),
            .. Enumerable.Range(200_000, 5000),
            .. Enumerable.Range(int.MaxValue - 99, 100),
        ],
        _ => throw new ArgumentOutOfRangeException(nameof(content)),
    };

    private static string FixtureFolder([CallerFilePath] string path = "") =>
        Path.Combine(Path.GetDirectoryName(path)!, "Fixtures");
}
