using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>Blocks and batches of events given as values.</summary>
internal static class BlockSpec
{
    /// <summary>When the blocks were made, in epoch milliseconds, unless a test says otherwise.</summary>
    public const long At = 1_772_323_200_000;

    public static Block Block(IReadOnlyList<EventSpec> events, long sequenceNr = 1, int partition = 0, long atMs = At) =>
        Block(events, sequenceNr, partition, atMs, out _);

    public static Block Block(IReadOnlyList<EventSpec> events, long sequenceNr, int partition, long atMs, out int[] offsets)
    {
        EventBatch batch = Batch(events, partition);
        var encoder = new BlockEncoder();
        encoder.Start(partition, sequenceNr, atMs);
        offsets = new int[batch.Count];
        for (int i = 0; i < batch.Count; i++)
        {
            offsets[i] = encoder.Add(batch.Events[i], batch.Payload(batch.Events[i]));
        }

        return encoder.Finish();
    }

    public static EventBatch Batch(IReadOnlyList<EventSpec> events, int partition = 0)
    {
        var builder = new EventBatchBuilder(partition);
        var @event = new BusinessEvent();
        foreach (EventSpec spec in events)
        {
            builder.Add(spec.Fill(@event), Catalog.Default.PageNamed(spec.Stream.Page).Id);
        }

        return builder.Build(new BatchId(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), 42));
    }

    public static List<EventSpec> Read(Block block, long sequenceNr = 1, int partition = 0, bool withTexts = true)
    {
        var decoder = new BlockDecoder(Catalog.Default) { WithTexts = withTexts };
        var events = new List<EventSpec>();
        decoder.Open(partition, sequenceNr, block);
        while (decoder.Next())
        {
            events.Add(EventSpec.Of(decoder.Event));
        }

        return events;
    }
}
