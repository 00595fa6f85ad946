using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataLoad.Demo;

/// <summary>
/// The oracle: folds what was meant into the rows that the contract promises, with decimals and
/// <see cref="HashSet{T}"/>, each identity once. It shares no code with the engine. Safe for several threads.
/// </summary>
public sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _seen = [];
    private readonly Dictionary<RowKey, TallyRow> _rows = [];
    private readonly Dictionary<RowKey, TallyRow> _parts = [];
    private readonly Dictionary<RowKey, TallyRow> _repeatable = [];
    private readonly Dictionary<string, long> _dead = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _events = new(StringComparer.Ordinal);

    /// <summary>Events meant, repeats included.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Events that count.</summary>
    public long Events { get; private set; }

    /// <summary>Deliveries of an event that had been meant before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Deliveries that have no identity, each of which counts.</summary>
    public long Unidentified { get; private set; }

    /// <summary>The expected rows of the pages' tables.</summary>
    public IReadOnlyDictionary<RowKey, TallyRow> Rows => _rows;

    /// <summary>The expected rows of the breakdowns by parent.</summary>
    public IReadOnlyDictionary<RowKey, TallyRow> Parts => _parts;

    /// <summary>Whether the breakdowns by parent are on, as they are by default.</summary>
    public bool HasParents { get; set; } = true;

    /// <summary>How often connections to the broker were lost. What was on its way then may be sent and delivered again, and an event without identity
    /// counts each time: what these add may be there more often.</summary>
    public int Losses { get; set; }

    /// <summary>How many dead letters are expected, by stream.</summary>
    public IReadOnlyDictionary<string, long> DeadLetters => _dead;

    /// <summary>How many events count, by stream.</summary>
    public IReadOnlyDictionary<string, long> EventsByStream => _events;

    /// <summary>How many dead letters are expected in all.</summary>
    public long DeadLetterCount
    {
        get
        {
            lock (_gate)
            {
                return _dead.Values.Sum();
            }
        }
    }

    /// <summary>A delivery that must be counted, once for its identity.</summary>
    /// <returns>False for a repeat.</returns>
    public bool Add(MeantEvent meant)
    {
        lock (_gate)
        {
            Deliveries++;
            if (meant.Identity is null)
            {
                Unidentified++;
            }
            else if (!_seen.Add(Fingerprint(meant)))
            {
                Duplicates++;
                return false;
            }

            Events++;
            _events[meant.Stream] = _events.GetValueOrDefault(meant.Stream) + 1;
            var table = meant.Stream.StartsWith("bear.", StringComparison.Ordinal) ? StatTable.Bear : StatTable.ActDate;
            var key = new RowKey(table.Name, meant.TopicType, meant.TopicId, meant.Day);
            Add(_rows, key, table, meant);
            var part = key with { Table = table.ByParent, Parent = meant.Parent };
            Add(_parts, part, table, meant);
            if (meant.Identity is null)
            {
                Add(_repeatable, key, table, meant);
                Add(_repeatable, part, table, meant);
            }

            return true;
        }
    }

    /// <summary>A delivery that must become a dead letter.</summary>
    public void AddDead(string stream)
    {
        lock (_gate)
        {
            _dead[stream] = _dead.GetValueOrDefault(stream) + 1;
        }
    }

    /// <summary>The sum of a column over all rows of a table.</summary>
    public decimal Sum(StatTable table, string column)
    {
        var index = table.IndexOf(column);
        lock (_gate)
        {
            return _rows.Where(row => row.Key.Table.Equals(table.Name, StringComparison.Ordinal)).Sum(row => row.Value[index]);
        }
    }

    /// <summary>By how much a cell may be larger than expected. Each loss may leave one more copy of a message with the broker, and have each copy counted
    /// once more.</summary>
    /// <param name="key">The row.</param>
    /// <param name="column">The column's place in its table.</param>
    internal decimal Surplus(RowKey key, int column) =>
        Losses > 0 && _repeatable.TryGetValue(key, out var row) ? row.Sum(column) * (((1 + Losses) * (1 + Losses)) - 1) : 0;

    /// <summary>Runs something while nothing is added.</summary>
    public T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private static void Add(Dictionary<RowKey, TallyRow> rows, RowKey key, StatTable table, MeantEvent meant)
    {
        if (!rows.TryGetValue(key, out var row))
        {
            rows.Add(key, row = new TallyRow(table));
        }

        Rules.Apply(meant, row);
    }

    // An identity holds within its stream and topic. 128 bits of it are kept, so that a long run fits memory.
    private static UInt128 Fingerprint(MeantEvent meant)
    {
        var text = FormattableString.Invariant($"{meant.Stream}\n{meant.TopicType}\n{meant.TopicId}\n{meant.Identity}");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
