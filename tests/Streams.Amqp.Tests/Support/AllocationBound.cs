using Shouldly;

namespace DataLoad.Streams.Amqp.Tests.Support;

/// <summary>What reading some bytes may allocate: in proportion to them, whatever numbers they claim.</summary>
internal static class AllocationBound
{
    /// <summary>What a refusal may cost: the exceptions and their texts.</summary>
    public const long BaseBytes = 64 * 1024;

    /// <summary>Runs a decoder and checks what it allocated.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="perByte">How many bytes it may allocate for each of them.</param>
    /// <param name="decode">The decoder.</param>
    public static void ShouldHold(ReadOnlySpan<byte> input, int perByte, Action decode)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        decode();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        long bound = BaseBytes + ((long)perByte * input.Length);
        if (allocated > bound)
        {
            allocated.ShouldBeLessThanOrEqualTo(bound, $"{input.Length} bytes: {Convert.ToHexString(input[..Math.Min(input.Length, 2048)])}");
        }
    }
}
