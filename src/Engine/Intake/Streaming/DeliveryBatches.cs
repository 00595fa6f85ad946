using System.Globalization;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Where a batch of deliveries came from, told when each of them is done. Used by one stream's graph.</summary>
internal interface IDeliveryOrigin
{
    /// <summary>Whether nobody waits for them any more: their channel is gone, and they come again by another.</summary>
    bool IsLost { get; }

    /// <summary>Whether their channel is gone, too, but their queue counts deliveries and nothing is consumed of it before these are done: then they are to be
    /// parked sooner than others.</summary>
    bool IsAwaited => false;

    /// <summary>Says that the effect of these deliveries is durable.</summary>
    void Complete(ReadOnlySpan<ulong> tags);

    /// <summary>Says that these, which were parked before, are parked again and keep their rows.</summary>
    void KeepParked(ReadOnlySpan<ulong> tags);

    /// <summary>The claim that their rows are under, where they are parked already: then only their rows wait, and they are parked again in these. Null where
    /// they have none.</summary>
    Guid? Claim => null;

    /// <summary>Their rows, as they are when their Partition did not accept them once more; none where they have no <see cref="Claim"/>.</summary>
    IReadOnlyList<ParkedDelivery> RowsOf(ReadOnlySpan<ulong> tags) => [];
}

/// <summary>Deliveries that are interpreted together.</summary>
internal interface IDeliveryBatch
{
    /// <summary>Where they came from.</summary>
    IDeliveryOrigin Origin { get; }

    /// <summary>Whether they may be parked where their rows cannot be looked up; not where they are parked already.</summary>
    bool MayBeParked { get; }

    /// <summary>Starts an interpreter and adds all of them; what it is given stays valid until <see cref="Release"/>.</summary>
    void AddTo(DeliveryInterpreter interpreter);

    /// <summary>Gives back what they lie in: nothing of them is read any more.</summary>
    void Release();

    /// <summary>Takes over a fault of the interpretation, so that the stream goes on.</summary>
    /// <returns>False where the batch cannot: then the stream fails.</returns>
    bool TakeFault(Exception fault);
}

/// <summary>A batch of deliveries from the broker; done when they are acknowledged.</summary>
internal sealed class AmqpDeliveries(DeliveryBatch batch) : IDeliveryBatch, IDeliveryOrigin
{
    public IDeliveryOrigin Origin => this;
    public bool MayBeParked => true;
    public bool IsLost => batch.Committer.IsLost;
    public bool IsAwaited => batch.Committer.IsAwaited;

    public void AddTo(DeliveryInterpreter interpreter)
    {
        interpreter.Start(batch.Committer.Incarnation.ToString(CultureInfo.InvariantCulture));
        for (int i = 0; i < batch.Count; i++)
        {
            Streams.Amqp.Delivery delivery = batch[i];
            interpreter.Add(delivery.Tag, delivery.Redelivered, delivery.Properties, delivery.Body);
        }
    }

    public void Release() => batch.Release();

    // The broker delivers it again after the restart.
    public bool TakeFault(Exception fault) => false;

    public void Complete(ReadOnlySpan<ulong> tags) => batch.Committer.Complete(tags);

    public void KeepParked(ReadOnlySpan<ulong> tags) =>
        throw new InvalidOperationException("Deliveries from the broker have no rows that could be kept.");
}

/// <summary>A batch of parked deliveries that came due; a tag is a place among them. Its owner hears when all are done or parked again.</summary>
/// <param name="claim">The claim that their rows are under.</param>
/// <param name="rows">Their rows.</param>
/// <param name="contents">What they hold, in the same order.</param>
/// <param name="ended">Called once, when nothing of the batch is waited for: with the fault that ended it, or null.</param>
internal sealed class ParkedDeliveries(
    Guid claim, IReadOnlyList<ParkedDelivery> rows, IReadOnlyList<ParkedContent> contents, Action<(ParkedDeliveries Batch, Exception? Fault)> ended)
    : IDeliveryBatch, IDeliveryOrigin
{
    private int _left = rows.Count;

    public IDeliveryOrigin Origin => this;
    public bool MayBeParked => false;
    public bool IsLost => false;
    public Guid? Claim => claim;
    public Guid Token => claim;
    public IReadOnlyList<ParkedDelivery> Rows => rows;

    /// <summary>The rows of those that are done.</summary>
    public List<Guid> Done { get; } = [];

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
            Done.Add(rows[(int)tag].Id);
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
