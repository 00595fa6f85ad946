namespace DataLoad.Bench.Profile;

/// <summary>A part of the way of an event, and the frames of a stack that belong to it.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Frames">Parts of the names of its functions.</param>
internal sealed record Stage(string Name, params string[] Frames)
{
    /// <summary>
    /// All stages. A stack is of the stage that its innermost frame belongs to that belongs to any; what several stages
    /// use comes last, so that it counts only where nothing tells whom it works for.
    /// </summary>
    public static IReadOnlyList<Stage> All { get; } =
    [
        new("compiling code while it runs", "libclrjit.so"),
        new("acknowledge", "AckWindow", "AcknowledgeAsync", "BasicAck"),
        new("flush", "StartFlush", "FinishFlush", "StatisticsStore", "ShardRegion::FlushAsync", "Shard::RowOf"),
        new("checkpoint", "Shard::StartSave", "Shard::FinishSave", "SnapshotStore", "SnapshotWrites"),
        new("journal", "JournalWriter", "JournalParameters", "BlockWriter", "OpenBlock", "StartCommit", "GroupWriter"),
        new("apply", "ApplyCommitted", "CountedBlocks", "ShardState::Apply", "ShardState::Remember", "CountingPlan", "DataLoad.Engine.Counting.Counter"),
        new("dedupe", "Shard::Accept", "AcceptArrived", "LoadTouched", "IsDuplicate", "LoadMissing", "SeenHashes", "ShardState"),
        new("decode", "StreamPipeline::Prepare", "BodyDecoder", "DataLoad.Engine.Decoding"),
        new("route", "ShardRouter", "ShardBatch", "EntryWriter", "Shard+<PostAsync", "Shard::PostAsync"),
        new("make the event", "StreamPipeline::Settle", "EventFactory"),
        new("lookup", "LookupReader", "SqlLookup", "DataLoad.Engine.Resolving"),
        new("client: reading deliveries", "Amqp.Wire", "DeliveryRing", "RabbitMQ.Client", "Amqp.Library"),
        new("loops of shards", "DataLoad.Engine.Sharding"),
        new("loops of streams", "DataLoad.Engine.Intake"),
        new("database client: reading answers", "Npgsql"),
        new("metrics and HTTP", "DataLoad.Host", "AspNetCore", "OpenTelemetry"),
        new("threads that wait for work", "LowLevelLifoSemaphore", "LowLevelSpinWaiter"),
        new("sockets", "SocketAsyncEngine", "System.Net.Sockets"),
        new("handing work to threads", "ThreadPoolWorkQueue", "PortableThreadPool"),
    ];
}
