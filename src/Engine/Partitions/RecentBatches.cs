namespace DataLoad.Engine.Partitions;

/// <summary>
/// The batches that were accepted last: a copy of one is answered at once, without a look at its events. One that is older than
/// all of them is looked at like any other, and holds nothing new.
/// </summary>
/// <param name="capacity">How many are remembered, 0 and up.</param>
internal sealed class RecentBatches(int capacity)
{
    private readonly HashSet<BatchId> _ids = [];
    private readonly Queue<BatchId> _inOrder = new();

    /// <summary>Whether a batch is among them.</summary>
    public bool Contains(BatchId id) => _ids.Contains(id);

    /// <summary>Remembers a batch that was accepted, and forgets the oldest where there is no room.</summary>
    public void Add(BatchId id)
    {
        if (capacity == 0 || !_ids.Add(id))
        {
            return;
        }

        _inOrder.Enqueue(id);
        if (_inOrder.Count > capacity)
        {
            _ids.Remove(_inOrder.Dequeue());
        }
    }
}
