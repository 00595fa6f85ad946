namespace DataLoad.Host.Access;

/// <summary>Who makes a request, as far as it is known.</summary>
/// <param name="Role">What they may do.</param>
/// <param name="ByToken">Whether they showed a token; else no token is set, and they are on this machine.</param>
/// <param name="Address">Where they are.</param>
internal sealed record Caller(AccessRole Role, bool ByToken, string Address)
{
    /// <summary>As the audit log has it.</summary>
    public string Name => $"{(Role == AccessRole.Operator ? "operator" : "reader")} ({(ByToken ? "token" : "loopback")}) at {Address}";

    /// <summary>The caller of a request that was let in.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? new Caller(AccessRole.None, ByToken: false, "unknown");
}

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
