using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>
/// A batch of parked deliveries that came due; a tag is a place among them. When all are done or parked again, its owner hears which rows
/// are not needed any more. Used by one graph.
/// </summary>
/// <param name="rows">Their rows.</param>
/// <param name="contents">What they hold, in the same order.</param>
/// <param name="ended">Called once, when nothing of the batch is waited for: with the fault that ended it, or null.</param>
internal sealed class ParkedDeliveries(
    IReadOnlyList<ParkedDelivery> rows, IReadOnlyList<ParkedContent> contents, Action<(ParkedDeliveries Batch, Exception? Fault)> ended)
    : IDeliveryBatch, IDeliveryOrigin
{
    private readonly List<Guid> _done = [];
    private int _left = rows.Count;

    public IDeliveryOrigin Origin => this;

    public bool MayBeParked => false;

    public bool IsLost => false;

    public bool HasRows => true;

    public IReadOnlyList<ParkedDelivery> Rows => rows;

    /// <summary>The rows of those that are done.</summary>
    public IReadOnlyList<Guid> Done => _done;

    public void AddTo(DeliveryInterpreter interpreter)
    {
        interpreter.Start("");
        for (int i = 0; i < rows.Count; i++)
        {
            if (contents[i].Batch is { } batch)
            {
                interpreter.Add((ulong)i, batch);
            }
            else
            {
                interpreter.Add((ulong)i, rows[i], contents[i]);
            }
        }
    }

    public void Release()
    {
        // Their memory is their own.
    }

    public bool TakeFault(Exception fault)
    {
        ended((this, fault));
        return true;
    }

    public void Complete(ReadOnlySpan<ulong> tags)
    {
        foreach (ulong tag in tags)
        {
            _done.Add(rows[(int)tag].Id);
        }

        CountDown(tags.Length);
    }

    public void KeepParked(ReadOnlySpan<ulong> tags) => CountDown(tags.Length);

    public IReadOnlyList<ParkedDelivery> RowsOf(ReadOnlySpan<ulong> tags)
    {
        var parked = new List<ParkedDelivery>(tags.Length);
        foreach (ulong tag in tags)
        {
            // A message whose row was found counts its lookups only.
            ParkedDelivery row = rows[(int)tag];
            parked.Add(contents[(int)tag].Batch is null ? row : row with { Tries = row.Tries + 1 });
        }

        return parked;
    }

    private void CountDown(int count)
    {
        _left -= count;
        if (_left == 0)
        {
            ended((this, null));
        }
    }
}
