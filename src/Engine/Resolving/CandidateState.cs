namespace DataLoad.Engine.Resolving;

/// <summary>What became of a <see cref="Candidate"/>.</summary>
public enum CandidateState
{
    /// <summary>It can be made an event, or its rows are still to be looked up.</summary>
    Ready = 0,

    /// <summary>A row that it needs is not there yet.</summary>
    Missing = 1,

    /// <summary>It cannot be counted.</summary>
    Rejected = 2,
}
