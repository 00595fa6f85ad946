namespace DataLoad.Host.Api;

/// <summary>A caller's role.</summary>
internal sealed record WhoAmI(string Role, string Authentication, bool TokensConfigured);
