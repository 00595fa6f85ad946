using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Host.Access;

namespace DataLoad.Host.Auditing;

/// <summary>Has what operators do written down: durably before it is done, and what came of it after. What cannot be written down is not done.</summary>
internal sealed class AuditTrail(IAuditLog log, NodeInfo info, TimeProvider time, ILogger<AuditTrail> logger)
{
    private static readonly TimeSpan FinishPatience = TimeSpan.FromSeconds(10);

    /// <summary>Does something on a caller's behalf: an action, as in <c>stream.pause</c>, on a target, with more of what was asked for as its detail. What
    /// came of it is described in a few words.</summary>
    public async Task<T> RunAsync<T>(HttpContext context, string action, string target, string detail, Func<Task<T>> work, Func<T, string> describe)
    {
        string actor = Caller.Of(context).Name;
        long atMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        long id = await log.BeginAsync(
            new AuditEntry(atMs, info.Id, actor, action, target, detail), context.RequestAborted);
        string outcome = AuditEntry.Done;
        try
        {
            T result = await work();
            string came = describe(result);
            detail = came.Length == 0 ? detail : detail.Length == 0 ? came : $"{detail}: {came}";
            return result;
        }
        catch (Exception e)
        {
            outcome = e.Message;
            throw;
        }
        finally
        {
            AuditLog.Did(logger, actor, action, target, outcome);
            await TryFinishAsync(id, outcome, detail);
        }
    }

    /// <summary>Does something on a caller's behalf of which there is no more to say than that it was done.</summary>
    public Task RunAsync(HttpContext context, string action, string target, string detail, Func<Task> work) =>
        RunAsync(context, action, target, detail, async () =>
        {
            await work();
            return true;
        }, _ => "");

    private async Task TryFinishAsync(long id, string outcome, string detail)
    {
        using var patience = new CancellationTokenSource(FinishPatience, time);
        try
        {
            await log.FinishAsync(id, outcome, detail, patience.Token);
        }
        catch (Exception e)
        {
            // It was done and cannot be undone; the entry goes on saying that it was begun.
            AuditLog.NotFinished(logger, id, outcome, e.Message);
        }
    }
}

/// <summary>Log messages 8000 to 8099.</summary>
internal static partial class AuditLog
{
    [LoggerMessage(8000, LogLevel.Information, "On demand of {Actor}: {Action} {Target}: {Outcome}")]
    public static partial void Did(ILogger logger, string actor, string action, string target, string outcome);

    [LoggerMessage(8001, LogLevel.Warning, "Audit entry {Id} could not be given its outcome ({Outcome}): {Error}")]
    public static partial void NotFinished(ILogger logger, long id, string outcome, string error);
}
