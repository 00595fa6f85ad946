using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Questions;

/// <summary>Unions by a key, held to a bound together. Not thread-safe.</summary>
/// <param name="metrics">How many unions a key has.</param>
/// <param name="settings">The bound.</param>
internal sealed class KeyedUnions<TKey>(int metrics, QuestionSettings settings)
    where TKey : notnull
{
    // All sizes are looked at when so much of the bound was added since the last time.
    private const int ChecksPerBound = 16;

    private readonly Dictionary<TKey, SetUnion?[]> _unions = [];
    private long _addedBytes;

    /// <summary>Adds sets to the unions of a key; null for none.</summary>
    /// <exception cref="QuestionTooLargeException">The unions are larger than may be.</exception>
    public void Add(TKey key, IReadOnlyList<IdSet?> sets)
    {
        for (int i = 0; i < sets.Count; i++)
        {
            if (sets[i] is { } set)
            {
                if (!_unions.TryGetValue(key, out SetUnion?[]? unions))
                {
                    _unions.Add(key, unions = new SetUnion?[metrics]);
                }

                (unions[i] ??= new SetUnion()).Add(set);
                _addedBytes += set.ResidentBytes + SetUnion.OwnBytes;
            }
        }

        if (_addedBytes > settings.MaxBytes / ChecksPerBound)
        {
            Check();
        }
    }

    /// <summary>How many are in each union of each key that has one that is not empty.</summary>
    /// <exception cref="QuestionTooLargeException">The unions are larger than may be.</exception>
    public Dictionary<TKey, long[]> Counts()
    {
        Dictionary<TKey, long[]> counts = _unions.ToDictionary(key => key.Key, key => key.Value.Select(union => union?.Result().Count ?? 0).ToArray());
        Check();
        return counts;
    }

    private void Check()
    {
        _addedBytes = 0;
        settings.Check(_unions.Values.Sum(unions => unions.Sum(union => union?.ResidentBytes ?? 0)));
    }
}
