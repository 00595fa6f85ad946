using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>The part of a Counter that the events with one value of a breakdown make. Holds the metrics alone that were added to: most parts have few.</summary>
public sealed class CounterPart
{
    // Its header and fields, and its place in its breakdown and page.
    private const int OwnBytes = 120;

    private readonly byte[] _text;
    private Cell[] _cells = [];
    private int _used;
    private int _next;

    internal CounterPart(byte[] text, int id, PartPage page) => (_text, Id, Page) = (text, id, page);

    /// <summary>The text of its value, in UTF-8: what its column holds.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>The id of its value; 0 where the breakdown has none.</summary>
    public int Id { get; }

    /// <summary>The SequenceNr of the last event that was applied; 0 where there was none.</summary>
    public long SequenceNr { get; internal set; }

    internal PartPage Page { get; }

    /// <summary>The SequenceNr up to which it takes events in: where it is compared with a row, that of the row.</summary>
    internal long LastSequenceNr { get; set; } = long.MaxValue;

    /// <summary>Whether it changed since its row was taken.</summary>
    internal bool IsChanged { get; set; }

    /// <summary>Whether it changed since its memory was accounted for.</summary>
    internal bool IsTouched { get; set; }

    /// <summary>What was accounted for it, in bytes.</summary>
    internal long AccountedBytes { get; set; }

    internal long ResidentBytes
    {
        get
        {
            long bytes = OwnBytes + ManagedBytes.Array(_text.Length, 1) + ManagedBytes.Array(_cells.Length, 24);
            foreach (ref readonly Cell cell in _cells.AsSpan(0, _used))
            {
                bytes += cell.Set?.ResidentBytes ?? 0;
            }

            return bytes;
        }
    }

    /// <summary>The metrics that were added to, with their sums and sets.</summary>
    internal ReadOnlySpan<Cell> Cells => _cells.AsSpan(0, _used);

    /// <summary>Its value.</summary>
    public BreakdownValue ValueOf(Breakdown breakdown) => BreakdownValue.Of(breakdown, Encoding.UTF8.GetString(_text), Id);

    /// <summary>All metrics' values, in the page's order; amounts in hundredths.</summary>
    public long[] Values(Page page)
    {
        long[] values = new long[page.Metrics.Length];
        foreach (ref readonly Cell cell in Cells)
        {
            values[cell.Metric] = cell.Sum + (cell.Set?.Count ?? 0);
        }

        return values;
    }

    /// <summary>A distinct metric's set, or null while it is empty.</summary>
    public IdSet? Set(int metric)
    {
        foreach (ref readonly Cell cell in Cells)
        {
            if (cell.Metric == metric)
            {
                return cell.Set;
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
            (CellOf(metric).Set ??= new IdSet()).Add(id);
        }
    }

    internal void SetState(int metric, long sum, IdSet? set)
    {
        ref Cell cell = ref CellOf(metric);
        (cell.Sum, cell.Set) = (sum, set);
    }

    /// <summary>Events of a stream add to the same metrics in the same order: each is looked for behind the one before it.</summary>
    private ref Cell CellOf(int metric)
    {
        for (int tried = 0; tried < _used; tried++)
        {
            int place = _next + tried;
            place -= place < _used ? 0 : _used;
            if (_cells[place].Metric == metric)
            {
                _next = place + 1;
                return ref _cells[place];
            }
        }

        if (_used == _cells.Length)
        {
            Array.Resize(ref _cells, _used < 2 ? 2 : _used + (_used / 2));
        }

        _cells[_used].Metric = metric;
        _next = _used + 1;
        return ref _cells[_used++];
    }

    /// <summary>One metric of a part.</summary>
    internal struct Cell
    {
        public int Metric;
        public long Sum;
        public IdSet? Set;
    }
}
