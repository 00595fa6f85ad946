using Akka.Actor;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Partitions;

/// <summary>Calls of the store that an actor makes: they run beside it, come back to its mailbox as a <see cref="StoreReply"/>, and are made again with
/// growing waits until they work. Belongs to one actor, which hands each reply to <see cref="Handle"/>.</summary>
internal sealed class StoreCalls(IActorRef self, ITimerScheduler timers, Backoff backoff, ILogger logger, string owner)
{
    private readonly CancellationTokenSource _ended = new();
    private readonly SortedDictionary<long, StoreCall> _running = [];
    private long _number;

    /// <summary>What fails and is made again, or null.</summary>
    public string? Failing => _running.Values.FirstOrDefault(call => call.Error is not null)?.Error;

    /// <summary>Makes a call.</summary>
    /// <param name="what">What it does, for messages: "loading snapshots".</param>
    /// <param name="run">The call; it touches no state of the actor.</param>
    /// <param name="then">Given the result, in the actor.</param>
    /// <param name="failed">Given an error, in the actor; true where the call is not to be made again. Null: always again.</param>
    /// <typeparam name="T">What the call gives.</typeparam>
    public void Start<T>(string what, Func<CancellationToken, Task<T>> run, Action<T> then, Func<Exception, bool>? failed = null)
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        // Awaited, so that one that throws instead of failing is made again like any other.
        var call = new StoreCall(++_number, what, async token => await run(token), result => then((T)result!), failed);
        _running.Add(call.Number, call);
        Run(call);
    }

    /// <summary>Takes a reply: goes on with the result, or has the call made again.</summary>
    public void Handle(StoreReply reply)
    {
        if (!_running.TryGetValue(reply.Number, out StoreCall? call))
        {
            return;
        }

        if (reply.IsRetry)
        {
            Run(call);
        }
        else if (reply.Error is not { } error)
        {
            _running.Remove(reply.Number);
            call.Then(reply.Result);
        }
        else if (call.Failed?.Invoke(error) == true)
        {
            _running.Remove(reply.Number);
        }
        else
        {
            call.Failures++;
            call.Error = $"{call.What}: {error.Message}";
            TimeSpan wait = backoff.After(call.Failures);
            PartitionLog.StoreCallFailed(logger, owner, call.What, call.Failures, wait, error.Message);
            timers.StartSingleTimer(call.Number, new StoreReply(call.Number, IsRetry: true), wait);
        }
    }

    /// <summary>Ends all calls; what comes of them is not told any more.</summary>
    public void End()
    {
        if (!_ended.IsCancellationRequested)
        {
            _running.Clear();
            _ended.Cancel();
            _ended.Dispose();
        }
    }

    private void Run(StoreCall call) => _ = call.Run(_ended.Token).PipeTo(
        self, success: result => new StoreReply(call.Number, result), failure: error => new StoreReply(call.Number, Error: error));

    private sealed record StoreCall(long Number, string What, Func<CancellationToken, Task<object?>> Run, Action<object?> Then, Func<Exception, bool>? Failed)
    {
        public int Failures { get; set; }
        public string? Error { get; set; }
    }
}

/// <summary>What came of a call, or that it is time to make it again.</summary>
internal sealed record StoreReply(long Number, object? Result = null, Exception? Error = null, bool IsRetry = false) : INoSerializationVerificationNeeded;
