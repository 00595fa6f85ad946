using DataLoad.Engine.Counting;
using DataLoad.Engine.Questions;

namespace DataLoad.Host.Questions;

/// <summary>Finds what comes first in the order of a union over several rows. A union is no larger than the sum of its rows, which the database knows and sorts
/// by: the largest unions are found without uniting more than those whose sums could reach them. The smallest ones could be anywhere.</summary>
internal sealed class UnionOrder<T, TKey>
    where TKey : notnull
{
    private const int AtLeast = 256;

    /// <summary>The column that decides.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the largest come first.</summary>
    public required bool IsDescending { get; init; }

    /// <summary>How many rows may be united.</summary>
    public required int MaxRows { get; init; }

    public required Func<T, TKey> KeyOf { get; init; }

    /// <summary>The order of those of equal value.</summary>
    public required Comparison<TKey> CompareKeys { get; init; }

    /// <summary>How many rows are in its sum.</summary>
    public required Func<T, int> RowsOf { get; init; }

    /// <summary>Its value: a sum, and its union once that is put into the sum's place.</summary>
    public required Func<T, long> ValueOf { get; init; }

    /// <summary>Reads those behind an offset, so many at the most, in the order of their sums, equal ones in that of their keys.</summary>
    public required Func<int, int, Task<IReadOnlyList<T>>> ReadAsync { get; init; }

    /// <summary>Puts unions into the place of sums.</summary>
    public required Func<IReadOnlyList<T>, Task> UniteAsync { get; init; }

    /// <summary>Those behind an offset, so many at the most, in the order of their unions.</summary>
    /// <exception cref="QuestionTooLargeException">More rows would be united than may be.</exception>
    public async Task<List<T>> FirstAsync(int offset, int limit)
    {
        var known = new HashSet<TKey>();
        var found = new List<T>();
        long rows = 0;
        int read = 0;
        for (long size = IsDescending ? Math.Max(2L * (offset + limit), AtLeast) : MaxRows + 1L; ; size *= 2)
        {
            int most = (int)Math.Min(size, MaxRows + 1L);
            IReadOnlyList<T> more = await ReadAsync(read, most);
            read += more.Count;

            // Between two readings rows change their places.
            T[] added = [.. more.Where(one => known.Add(KeyOf(one)))];
            rows += added.Sum(one => (long)RowsOf(one));
            if (rows > MaxRows)
            {
                throw new QuestionTooLargeException(
                    $"To find the order of {Name}, the people of more than {MaxRows} rows would have to be united (dataload.questions.max-sorted-rows): "
                    + "ask for fewer days, topics or pages of the list, or sort by a count, an amount or the key.");
            }

            (long Value, TKey Key)? bound = more.Count < most ? null : (ValueOf(more[^1]), KeyOf(more[^1]));
            await UniteAsync(added);
            found.AddRange(added);
            found.Sort(Compare);
            if (bound is not { } next || (found.Count >= offset + limit && IsBefore(found[offset + limit - 1], next)))
            {
                return found.Skip(offset).Take(limit).ToList();
            }
        }
    }

    /// <summary>By their values, equal ones by their keys.</summary>
    public int Compare(T one, T other) => ValueOf(one).CompareTo(ValueOf(other)) is var order && order != 0
        ? IsDescending ? -order : order
        : CompareKeys(KeyOf(one), KeyOf(other));

    /// <summary>Whether none that comes behind a sum and key in the order of sums can come before it.</summary>
    private bool IsBefore(T one, (long Value, TKey Key) bound) =>
        ValueOf(one) > bound.Value || (ValueOf(one) == bound.Value && CompareKeys(KeyOf(one), bound.Key) <= 0);
}

/// <summary>The order of keys, as the database has it.</summary>
internal static class UnionOrder
{
    /// <summary>By type, then id.</summary>
    public static int Compare(TopicKey one, TopicKey other) => Compare(one.Type, other.Type) is var type && type != 0 ? type : one.Id.CompareTo(other.Id);

    /// <summary>By code points: UTF-16 has those beyond the first plane before some within it.</summary>
    public static int Compare(string one, string other)
    {
        int common = one.AsSpan().CommonPrefixLength(other);
        return common == one.Length || common == other.Length ? one.Length.CompareTo(other.Length) : PlaceOf(one[common]).CompareTo(PlaceOf(other[common]));

        static int PlaceOf(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
    }
}
