using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tests.Resolving;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sharding;

/// <summary>Budgets of allocated bytes on what is done for each event.</summary>
public sealed class AcceptAllocationTests
{
    [Fact]
    public void A_batch_that_is_used_again_takes_events_without_allocating()
    {
        BusinessEvent[] events = [.. new RandomEvents(1).Take(500).Select(spec => spec.Fill(new BusinessEvent()))];
        var batch = new ShardBatch();
        var sink = new TagSink();

        Measure(() =>
        {
            batch.Reset(sink);
            for (int i = 0; i < events.Length; i++)
            {
                batch.Add(events[i], pageId: 2, (ulong)i);
            }
        }).ShouldBe(0);
        batch.Count.ShouldBe(500);
    }

    [Fact]
    public void From_a_body_to_a_batch_an_event_allocates_nothing()
    {
        StreamDefinition stream = Catalog.Default.FindStream("act.share")!;
        var decoder = new BodyDecoder(stream, 64 * 1024);
        using var metrics = new EngineMetrics();
        var resolver = new Resolver(
            stream,
            new FakeLookup(),
            new ResolverOptions { Queries = [], Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), Metrics = metrics, Time = TimeProvider.System },
            NullLogger.Instance);
        var factory = new EventFactory(stream, resolver, TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"), maxTextBytes: 64 * 1024);
        var candidate = new Candidate(stream);
        var @event = new BusinessEvent();
        var batch = new ShardBatch();
        var sink = new TagSink();
        byte[][] bodies = [.. Enumerable.Range(0, 200).Select(i => Encoding.UTF8.GetBytes(
            $$"""{"sessionStr":"0123456789abcdef","topicType":"lesson","topicId":{{i % 7}},"wuId":{{i}},"qrCode":"q","ctime":{{EventMaker.Noon + i}}}"""))];

        Measure(() =>
        {
            batch.Reset(sink);
            foreach (byte[] body in bodies)
            {
                candidate.Clear();
                candidate.ReceivedMs = EventMaker.Noon;
                if (decoder.Decode("application/json", contentEncoding: null, body, candidate.Fields) is not null
                    || EventFactory.CheckMessage(candidate) is not null
                    || factory.Make(candidate, @event) is not null)
                {
                    throw new InvalidOperationException("It was rejected.");
                }

                batch.Add(@event, pageId: 2, tag: 1);
            }
        }).ShouldBe(0);
    }

    /// <summary>
    /// What a piece of work allocates once it is warm: the least of some rounds, since a collection may empty the pools
    /// in any of them.
    /// </summary>
    private static long Measure(Action work)
    {
        work();
        work();
        long least = long.MaxValue;
        for (int round = 0; round < 5 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
