using System.Globalization;
using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Partitions;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;

namespace DataLoad.Simulation.Tests.Sending;

/// <summary>
/// What intake is to Partitions: takes messages, sends their events in batches to the region, again until they are accepted,
/// and acknowledges them then.
/// </summary>
internal sealed class BatchSender : UntypedActor, IWithTimers
{
    private readonly SimulatedNode _node;
    private readonly Cluster _cluster;
    private readonly EventMaker _maker;
    private readonly Guid _source;
    private readonly Dictionary<BatchId, Sent> _unaccepted = [];
    private readonly int _partitions;
    private long _number;
    private long _deliveries;
    private int _held;
    private bool _isStopping;

    public BatchSender(SimulatedNode node, Cluster cluster)
    {
        _node = node;
        _cluster = cluster;
        _partitions = cluster.Scenario.Partitions.Partitions;
        _maker = new EventMaker(TimeZoneInfo.FindSystemTimeZoneById(cluster.Scenario.TimeZone));
        Span<byte> bytes = stackalloc byte[16];
        cluster.World.Random.NextBytes(bytes);
        _source = new Guid(bytes);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MessagesAvailable:
                Fill();
                break;
            case Accepted accepted:
                OnAccepted(accepted);
                break;
            case Held:
                break;
            case SendAgain again when _unaccepted.TryGetValue(again.Id, out Sent? sent):
                Send(sent);
                break;
            case PartitionMoved moved:
                foreach (Sent sent in _unaccepted.Values.Where(one => one.Batch.Partition == moved.Partition).ToList())
                {
                    Send(sent);
                }

                break;
            case StopTaking:
                _isStopping = true;
                EndWhenDrained();
                break;
            default:
                break;
        }
    }

    private void Fill()
    {
        if (_isStopping)
        {
            return;
        }

        SendingSettings settings = _cluster.Scenario.Sending;
        while (_held < settings.Prefetch && _cluster.Queue.Take(_node.Name, Math.Min(settings.MaxBatch, settings.Prefetch - _held)) is { Count: > 0 } messages)
        {
            _held += messages.Count;
            var builders = new SortedDictionary<int, (EventBatchBuilder Builder, List<Publishing> Messages)>();
            foreach (Publishing message in messages)
            {
                Add(message, builders);
            }

            foreach ((EventBatchBuilder builder, List<Publishing> sent) in builders.Values)
            {
                var id = new BatchId(_source, ++_number);
                var one = new Sent(builder.Build(id), sent);
                _unaccepted.Add(id, one);
                Send(one);
            }
        }
    }

    private void Add(Publishing message, SortedDictionary<int, (EventBatchBuilder Builder, List<Publishing> Messages)> builders)
    {
        string delivery = string.Create(CultureInfo.InvariantCulture, $"{_node.Name}#{++_deliveries}");
        BusinessEvent @event = _maker.Make(_cluster.EventOf(message), _node.Clock.NowMs, delivery);
        int partition = @event.Topic.ShardOf(_partitions);
        if (!builders.TryGetValue(partition, out (EventBatchBuilder Builder, List<Publishing> Messages) batch))
        {
            builders.Add(partition, batch = (new EventBatchBuilder(partition), []));
        }

        batch.Builder.Add(@event, Catalog.Default.PageNamed(@event.Stream.Page).Id);
        batch.Messages.Add(message);
    }

    private void Send(Sent sent)
    {
        if (sent.Tries > 0)
        {
            if (Fault.Is(FaultPoint.BatchNotSentAgain))
            {
                return;
            }

            _cluster.World.Log(_node.Name, $"batch {sent.Batch.Id.Number} for Partition {sent.Batch.Partition} is sent again");
        }

        // Again after a while, then ever later.
        double wait = Math.Min(_cluster.Scenario.Sending.ResendMs * Math.Pow(2, sent.Tries), 5000);
        sent.Tries++;
        _node.Region.Tell(sent.Batch, Self);
        Timers.StartSingleTimer(sent, new SendAgain(sent.Batch.Id), TimeSpan.FromMilliseconds(wait));
    }

    private void OnAccepted(Accepted accepted)
    {
        if (!_unaccepted.Remove(accepted.Id, out Sent? sent))
        {
            return;
        }

        Timers.Cancel(sent);
        foreach (Publishing message in sent.Messages)
        {
            _held--;
            _cluster.Queue.Acknowledge(_node.Name, message.Number);
        }

        Fill();
        EndWhenDrained();
    }

    private void EndWhenDrained()
    {
        if (_isStopping && _unaccepted.Count == 0)
        {
            _node.OnDrained();
        }
    }

    private sealed class Sent(EventBatch batch, List<Publishing> messages)
    {
        public EventBatch Batch => batch;

        public List<Publishing> Messages => messages;

        public int Tries { get; set; }
    }

    private sealed record SendAgain(BatchId Id);
}

/// <summary>There are messages to take.</summary>
internal sealed record MessagesAvailable
{
    public static MessagesAvailable Instance { get; } = new();
}

/// <summary>A Partition has a new owner: what it has not accepted is sent again at once.</summary>
internal sealed record PartitionMoved(int Partition);

/// <summary>No more is to be taken; what was taken is waited for.</summary>
internal sealed record StopTaking
{
    public static StopTaking Instance { get; } = new();
}
