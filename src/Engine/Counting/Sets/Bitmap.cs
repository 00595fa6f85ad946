using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Operations on the 1,024 words of a bitmap container. Value <c>v</c> is bit <c>v % 64</c> of word <c>v / 64</c>, as in Roaring.</summary>
internal static class Bitmap
{
    /// <summary>Words of 64 bits in a bitmap container.</summary>
    public const int WordCount = 1024;

    /// <summary>The words behind a bitmap container's <see cref="Container.Data"/>; a view, not a copy.</summary>
    public static Span<ulong> Words(ushort[] data) => MemoryMarshal.Cast<ushort, ulong>(data.AsSpan());

    /// <summary>Whether <paramref name="low"/> is set.</summary>
    public static bool Contains(ReadOnlySpan<ulong> words, int low) => (words[low >> 6] >> low & 1) != 0;

    /// <summary>Sets one bit for each value of <paramref name="lows"/>.</summary>
    public static void SetAll(Span<ulong> words, ReadOnlySpan<ushort> lows)
    {
        // One slice up front lets the JIT drop the bounds check of every store: low >> 6 is below 1,024.
        ref ulong first = ref MemoryMarshal.GetReference(words[..WordCount]);
        foreach (ushort low in lows)
        {
            Unsafe.Add(ref first, low >> 6) |= 1UL << low;
        }
    }

    /// <summary>Sets the bits from <paramref name="start"/> to <paramref name="end"/>, both included.</summary>
    public static void SetRange(Span<ulong> words, int start, int end)
    {
        int firstWord = start >> 6, lastWord = end >> 6;
        ulong head = ulong.MaxValue << start;
        ulong tail = ulong.MaxValue >> (63 - (end & 63));
        if (firstWord == lastWord)
        {
            words[firstWord] |= head & tail;
            return;
        }

        words[firstWord] |= head;
        words[(firstWord + 1)..lastWord].Fill(ulong.MaxValue);
        words[lastWord] |= tail;
    }

    /// <summary>Sets the bits that are set in <paramref name="other"/>.</summary>
    public static void Or(Span<ulong> words, ReadOnlySpan<ulong> other)
    {
        other = other[..words.Length]; // lets the JIT drop the bounds check
        for (int i = 0; i < words.Length; i++)
        {
            words[i] |= other[i];
        }
    }

    /// <summary>Keeps only the bits that are set in <paramref name="other"/> too.</summary>
    public static void And(Span<ulong> words, ReadOnlySpan<ulong> other)
    {
        other = other[..words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] &= other[i];
        }
    }

    /// <summary>Number of bits set, 0 to 65,536.</summary>
    public static int CountBits(ReadOnlySpan<ulong> words)
    {
        int count = 0;
        foreach (ulong word in words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>Number of maximal runs of set bits, 0 to 32,768.</summary>
    public static int CountRuns(ReadOnlySpan<ulong> words)
    {
        int runs = 0;
        ulong before = 0;
        foreach (ulong word in words)
        {
            // A run starts at each set bit whose lower neighbour, perhaps in the word before, is clear.
            runs += BitOperations.PopCount(word & ~(word << 1 | before));
            before = word >> 63;
        }

        return runs;
    }

    /// <summary>Writes the set bits' values, ascending. <paramref name="lows"/> must be exactly as long as there are bits.</summary>
    public static void CopyLows(ReadOnlySpan<ulong> words, Span<ushort> lows)
    {
        ref ushort first = ref MemoryMarshal.GetReference(lows);
        int written = 0;
        int i = 0;

        // Eight values a step whether there are so many or not: what is too much is overwritten by the next word's, and the number of bits in a word,
        // which nobody can predict, is not branched on. Safe as long as there is room for a whole word's values.
        for (; i < words.Length && lows.Length - written >= 64; i++)
        {
            ulong word = words[i];
            int count = BitOperations.PopCount(word);
            ref ushort at = ref Unsafe.Add(ref first, written);
            for (int done = 0; done < count; done += 8)
            {
                for (int k = 0; k < 8; k++)
                {
                    Unsafe.Add(ref at, done + k) = (ushort)((i << 6) + BitOperations.TrailingZeroCount(word));
                    word &= word - 1;
                }
            }

            written += count;
        }

        for (; i < words.Length; i++)
        {
            for (ulong word = words[i]; word != 0; word &= word - 1)
            {
                lows[written++] = (ushort)(i << 6 | BitOperations.TrailingZeroCount(word));
            }
        }
    }

    /// <summary>Writes the maximal runs as pairs (start, length - 1). <paramref name="pairs"/> must hold all of them.</summary>
    public static void CopyRuns(ReadOnlySpan<ulong> words, Span<ushort> pairs)
    {
        int written = 0;
        int from = NextSet(words, 0);
        while (from < RoaringFormat.ContainerSpan)
        {
            int end = NextClear(words, from);
            pairs[written++] = (ushort)from;
            pairs[written++] = (ushort)(end - from - 1);
            from = NextSet(words, end);
        }
    }

    private static int NextSet(ReadOnlySpan<ulong> words, int from) => Next(words, from, 0);

    private static int NextClear(ReadOnlySpan<ulong> words, int from) => Next(words, from, ulong.MaxValue);

    // The first position at or after 'from' whose bit, after xor with 'flip', is set; 65,536 when there is none.
    private static int Next(ReadOnlySpan<ulong> words, int from, ulong flip)
    {
        if (from >= RoaringFormat.ContainerSpan)
        {
            return RoaringFormat.ContainerSpan;
        }

        int i = from >> 6;
        ulong word = (words[i] ^ flip) & (ulong.MaxValue << from);
        while (word == 0)
        {
            if (++i == WordCount)
            {
                return RoaringFormat.ContainerSpan;
            }

            word = words[i] ^ flip;
        }

        return i << 6 | BitOperations.TrailingZeroCount(word);
    }
}
