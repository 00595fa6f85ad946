using DataLoad.Engine.Binary;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Hostile;

/// <summary>Stored headers that claim more than there is, or nest without end.</summary>
public sealed class HostileHeadersTests
{
    private const int PerByte = 128;

    public static TheoryData<string, byte[]> Claims => new()
    {
        { "a table of four thousand million headers", [0xFF, 0xFF, 0xFF, 0xFF, 0x0F] },
        { "a table of 2^63 headers", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01] },
        { "a name of two thousand million bytes", [1, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0] },
        { "a text of two thousand million bytes", [1, 1, (byte)'a', 15, 0xFF, 0xFF, 0xFF, 0xFF, 0x07] },
        { "a list of two thousand million items", [1, 1, (byte)'a', 18, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0, 0] },
        { "a table in tables without end", [1, .. Enumerable.Repeat<byte[]>([0, 17, 1], 20_000).SelectMany(nest => nest)] },
        { "a list in lists without end", [1, 0, .. Enumerable.Repeat<byte[]>([18, 1], 20_000).SelectMany(nest => nest)] },
        { "an unknown type", [1, 0, 99] },
        { "impossible bits of a decimal", [1, 0, 12, 0, 0, 0, 0x80, 0x80, 0xC0, 0x0C] },
        { "an integer without end", [1, 0, 8, .. Enumerable.Repeat((byte)0x80, 40)] },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(Claims))]
    public void Headers_that_claim_what_cannot_be_are_refused_within_bounds(string what, byte[] bytes) => AllocationBound.ShouldHold(
        bytes,
        PerByte,
        () => Should.Throw<InvalidDataException>(() => Read(bytes), what));

    [Fact]
    public void Many_small_values_cost_memory_in_proportion()
    {
        byte[] list = [1, 0, 18, 0x80, 0x80, 0x04, .. new byte[65_536]];
        byte[] tables = [1, 0, 18, 0x80, 0x80, 0x02, .. Enumerable.Repeat<byte[]>([17, 0], 32_768).SelectMany(table => table)];
        AllocationBound.ShouldHold(list, PerByte, () => Read(list));
        AllocationBound.ShouldHold(tables, PerByte, () => Read(tables));
    }

    private static Dictionary<string, object?> Read(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        return HeaderCodec.Read(ref reader);
    }
}
