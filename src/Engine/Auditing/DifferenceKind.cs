namespace DataLoad.Engine.Auditing;

/// <summary>How a statistics row differs from the journal.</summary>
public enum DifferenceKind
{
    /// <summary>A column's value is not what the journal gives at the row's SequenceNr.</summary>
    Value = 0,

    /// <summary>The row's SequenceNr is not that of an event of its Counter, or lies before one that the checkpoint says is flushed.</summary>
    SequenceNr = 1,

    /// <summary>The checkpoint says that the row is flushed, and it is not there.</summary>
    Missing = 2,

    /// <summary>No event accounts for the row.</summary>
    Unaccounted = 3,

    /// <summary>The row has no SequenceNr: something other than the engine wrote it.</summary>
    Foreign = 4,

    /// <summary>
    /// Events of the Counter are not in its row, or it has none, though their owner has gone on for longer than a flush takes:
    /// the row will not come by itself.
    /// </summary>
    Overdue = 5,
}
