using System.Runtime.CompilerServices;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>The part of a Counter that the events with one value of a breakdown make. Holds the metrics alone that were added to: most parts have few.</summary>
public sealed class CounterPart
{
    /// <summary>Bytes of its header and fields, and of its place in its breakdown and page.</summary>
    internal const int OwnBytes = 160;

    private const int FirstCells = 2;

    private readonly byte[] _text;

    // With the part itself: that of a page that was only visited is found without a further look into memory.
    private InlineArray2<Cell> _first;
    private Cell[] _others = [];
    private int _used;
    private int _next;

    /// <summary>A part on a page, which others may share the array of its text with.</summary>
    internal CounterPart(byte[] text, int id, PartPage page) => (_text, Id, Page) = (text, id, page);

    /// <summary>The text of its value, in UTF-8: what its column holds.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>The id of its value; 0 where the breakdown has none.</summary>
    public int Id { get; }

    /// <summary>The SequenceNr of the last event that was applied; 0 where there was none.</summary>
    public long SequenceNr { get; internal set; }

    internal byte[] SharedText => _text;

    internal PartPage Page { get; }

    /// <summary>The SequenceNr up to which it takes events in: where it is compared with a row, that of the row.</summary>
    internal long LastSequenceNr { get; set; } = long.MaxValue;

    /// <summary>Whether it changed since its row was taken.</summary>
    internal bool IsChanged { get; set; }

    /// <summary>How many metrics were added to.</summary>
    internal int CellCount => _used;

    /// <summary>A metric that was added to, with its sum and set: the first, the second and so on.</summary>
    internal ref readonly Cell CellAt(int place) => ref Place(place);

    /// <summary>Its value.</summary>
    public BreakdownValue ValueOf(Breakdown breakdown) => BreakdownValue.Of(breakdown, Encoding.UTF8.GetString(_text), Id);

    /// <summary>All metrics' values, in the page's order; amounts in hundredths.</summary>
    public long[] Values(Page page)
    {
        long[] values = new long[page.Metrics.Length];
        for (int place = 0; place < _used; place++)
        {
            ref readonly Cell cell = ref Place(place);
            values[cell.Metric] = cell.Sum + (cell.Set?.Count ?? 0);
        }

        return values;
    }

    /// <summary>A distinct metric's set, or null while it is empty.</summary>
    public IdSet? Set(int metric)
    {
        for (int place = 0; place < _used; place++)
        {
            if (Place(place).Metric == metric)
            {
                return Place(place).Set;
            }
        }

        return null;
    }

    internal void AddSum(int metric, long value)
    {
        if (value != 0)
        {
            ref Cell cell = ref CellOf(metric);
            cell.Sum = checked(cell.Sum + value);
        }
    }

    internal void AddId(int metric, int id)
    {
        if (id > 0)
        {
            ref Cell cell = ref CellOf(metric);
            long before = cell.Set?.ResidentBytes ?? 0;
            (cell.Set ??= new IdSet()).Add(id);
            Page.ResidentBytes += cell.Set.ResidentBytes - before;
        }
    }

    internal void SetState(int metric, long sum, IdSet? set)
    {
        ref Cell cell = ref CellOf(metric);
        Page.ResidentBytes += (set?.ResidentBytes ?? 0) - (cell.Set?.ResidentBytes ?? 0);
        (cell.Sum, cell.Set) = (sum, set);
    }

    /// <summary>Events of a stream add to the same metrics in the same order: each is looked for behind the one before it.</summary>
    private ref Cell CellOf(int metric)
    {
        for (int tried = 0; tried < _used; tried++)
        {
            int place = _next + tried;
            place -= place < _used ? 0 : _used;
            ref Cell cell = ref Place(place);
            if (cell.Metric == metric)
            {
                _next = place + 1;
                return ref cell;
            }
        }

        if (_used - FirstCells == _others.Length)
        {
            Page.ResidentBytes -= CellBytes(_others.Length);
            Array.Resize(ref _others, Math.Max(2, _others.Length + (_others.Length / 2)));
            Page.ResidentBytes += CellBytes(_others.Length);
        }

        ref Cell added = ref Place(_used);
        added.Metric = metric;
        _next = ++_used;
        return ref added;
    }

    private ref Cell Place(int place) => ref place < FirstCells ? ref _first[place] : ref _others[place - FirstCells];

    private static long CellBytes(int cells) => ManagedBytes.Array(cells, 24);

    /// <summary>One metric of a part.</summary>
    internal struct Cell
    {
        public int Metric;
        public long Sum;
        public IdSet? Set;
    }
}
