namespace DataLoad.Engine.Seen;

/// <summary>What is known of an identity without asking the store.</summary>
internal enum Membership
{
    /// <summary>It was not journaled within the window.</summary>
    Fresh,

    /// <summary>It was journaled within the window.</summary>
    Seen,

    /// <summary>Stored rows must be loaded to tell.</summary>
    Unknown,
}
