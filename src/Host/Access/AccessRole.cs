namespace DataLoad.Host.Access;

/// <summary>What a caller may do.</summary>
internal enum AccessRole
{
    /// <summary>Nothing that is guarded.</summary>
    None = 0,

    /// <summary>Read.</summary>
    Reader,

    /// <summary>Read and change.</summary>
    Operator,
}
