namespace DataLoad.Engine.Counting.Sets;

/// <summary>What became of an attempt to add an id to <see cref="SparseIds"/>.</summary>
internal enum AddOutcome
{
    /// <summary>The id was there.</summary>
    Present = 0,

    /// <summary>The id is new and was added.</summary>
    Added = 1,

    /// <summary>The id is new and there is no room: make some, then try again.</summary>
    Full = 2,

    /// <summary>The id is new and its hash falls among far too many others: a table is the wrong shape for these ids.</summary>
    Crowded = 3,
}
