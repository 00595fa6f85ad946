namespace DataLoad.Host.Access;

/// <summary>Gives endpoints their rules, and requests their gate.</summary>
internal static class AccessExtensions
{
    /// <summary>Says who may call.</summary>
    public static T For<T>(this T endpoint, AccessDoor door)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRule(door));

    /// <summary>Puts the gate before all endpoints.</summary>
    public static void UseAccess(this WebApplication app, AccessGate gate)
    {
        app.UseRouting();
        app.Use((context, next) => gate.CheckSourceAsync(context, next));
        app.UseRateLimiter();
        app.Use((context, next) => gate.CheckCallerAsync(context, next));
    }
}
