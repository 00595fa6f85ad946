using System.Net;
using System.Threading.RateLimiting;

namespace DataLoad.Host.Access;

/// <summary>How often an address may call, and how often it may show a wrong token.</summary>
internal sealed class RateLimits(HttpSettings settings) : IAsyncDisposable
{
    private static readonly string[] Unlimited = ["/health/live", "/health/ready"];

    private readonly PartitionedRateLimiter<string> _failures = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ =>
            new FixedWindowRateLimiterOptions { PermitLimit = settings.FailedTries, Window = settings.FailedWindow, QueueLimit = 0 }));

    /// <summary>The limiter of all calls.</summary>
    public PartitionedRateLimiter<HttpContext> Calls { get; } = PartitionedRateLimiter.Create<HttpContext, string>(context =>
        Unlimited.Contains(context.Request.Path.Value, StringComparer.Ordinal)
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetTokenBucketLimiter(AddressOf(context), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = settings.Burst,
                TokensPerPeriod = settings.Rate,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));

    /// <summary>Whether an address may show a token, or showed too many wrong ones.</summary>
    public bool MayTry(string address)
    {
        using RateLimitLease lease = _failures.AttemptAcquire(address, 0);
        return lease.IsAcquired;
    }

    /// <summary>Counts a wrong token.</summary>
    public void Failed(string address) => _failures.AttemptAcquire(address).Dispose();

    /// <summary>How long to wait at the most after too many wrong ones.</summary>
    public string RetryAfter => Math.Ceiling(settings.FailedWindow.TotalSeconds).ToString();

    public async ValueTask DisposeAsync()
    {
        await _failures.DisposeAsync();
        await Calls.DisposeAsync();
    }

    /// <summary>Where a request comes from: an IPv6 network of 64 bits is one place.</summary>
    public static string AddressOf(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address)
            ? new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]]).ToString()
            : address.ToString();
    }
}
