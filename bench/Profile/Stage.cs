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
        new("acknowledge", "AckWindow", "AcknowledgeAsync", "ConsumerSession::Acknowledge"),
        new("flush", "StartFlush", "BeginFlushRound", "PartitionActor::WriteRows", "PartitionActor::OnRow(", "PartitionActor::RowOf", "StatisticsStore",
            "StatisticsTable", "FlushRow"),
        new("checkpoint", "StartSave", "PartitionActor::OnState", "SnapshotStore", "SnapshotWrite"),
        new("journal", "BlockEncoder", "OpenBlock", "PartitionActor::Persist", "PartitionActor::OnPersisted", "JournalSerializer", "Akka.Persistence"),
        new("apply", "CounterActor", "CounterSlice", "SliceBuilder", "PartitionActor::Distribute", "GivePending", "OnSlicesApplied", "CountingPlan",
            "DataLoad.Engine.Counting.Counter"),
        new("dedupe", "EventAcceptance", "PartitionActor::Accept", "TakeArrived", "OnConsidered", "PartitionActor::LoadKeys", "PartitionActor::LoadPages",
            "DataLoad.Engine.Seen"),
        new("decode", "DeliveryInterpreter::Prepare", "BodyDecoder", "DataLoad.Engine.Decoding"),
        new("route", "PartitionDispatch", "UnacceptedParts", "EventBatch", "EntryWriter", "DeliveryInterpreter::AddEvent", "PartitionEvents"),
        new("make the event", "DeliveryInterpreter::Settle", "EventFactory"),
        new("lookup", "LookupReader", "SqlLookup", "DataLoad.Engine.Resolving"),
        new("client: reading deliveries", "DataLoad.Streams.Amqp", "RabbitMQ.Client"),
        new("Partitions, the rest", "DataLoad.Engine.Partitions"),
        new("streams, the rest", "DataLoad.Engine.Intake"),
        new("Akka: stages of streams", "Akka.Streams"),
        new("Akka: sharding, cluster, remoting", "Akka.Cluster", "Akka.Remote", "Akka.DistributedData"),
        new("Akka: mailboxes, actors, timers", "Akka.Actor", "Akka.Dispatch", "Akka.Event", "Akka.Pattern"),
        new("database clients", "LinqToDB", "Npgsql"),
        new("metrics and HTTP", "DataLoad.Host", "AspNetCore", "OpenTelemetry"),
        new("threads that wait for work", "LowLevelLifoSemaphore", "LowLevelSpinWaiter"),
        new("sockets", "SocketAsyncEngine", "System.Net.Sockets"),
        new("handing work to threads", "ThreadPoolWorkQueue", "PortableThreadPool"),
    ];
}
