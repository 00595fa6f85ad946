namespace DataLoad.Host.Access;

/// <summary>Who may call an endpoint. One that has no rule is refused to all.</summary>
/// <param name="Door">How it is guarded.</param>
internal sealed record AccessRule(AccessDoor Door);
