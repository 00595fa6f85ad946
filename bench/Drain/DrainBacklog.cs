using DataLoad.Demo;
using RabbitMQ.Client;

namespace DataLoad.Bench.Drain;

/// <summary>
/// The backlog that every drain starts from: half <c>act.share</c>, 35 % <c>act.visit</c>, 15 % <c>act.buy</c>, the same
/// messages each time, persistent and confirmed. Its business rows are inserted once.
/// </summary>
public sealed class DrainBacklog
{
    private static readonly StreamInfo[] Used = [ContractStreams.ActShare, ContractStreams.ActVisit, ContractStreams.ActBuy];

    private readonly List<IReadOnlyList<WireMessage>> _chunks = [];
    private readonly string _amqp;

    private DrainBacklog(string amqp) => _amqp = amqp;

    /// <summary>How many messages there are.</summary>
    public int Messages { get; private set; }

    /// <summary>What the tables must hold when all of it is counted.</summary>
    public Tally Tally { get; } = new();

    /// <summary>The queues, with how many of the messages go to each.</summary>
    public IReadOnlyList<(string Queue, int Messages)> Queues =>
        [.. Used.Select(stream => (stream.Queue, _chunks.Sum(chunk => chunk.Count(message => message.Stream == stream))))];

    /// <summary>The streams that they go to.</summary>
    public static IReadOnlyList<string> Streams => [.. Used.Select(stream => stream.Name)];

    /// <summary>Makes the messages and inserts their rows into a new database.</summary>
    public static async Task<DrainBacklog> MakeAsync(string amqp, string business, int messages, int firstKey)
    {
        await using BusinessDatabase database = await BusinessDatabase.OpenAsync(business).ConfigureAwait(false);
        var backlog = new DrainBacklog(amqp) { Messages = messages };
        foreach (GeneratedBatch chunk in Backlog.Chunks(new BacklogOptions { Messages = messages, MessageIds = false, FirstKey = firstKey }))
        {
            chunk.Record(backlog.Tally);
            await database.InsertAsync(chunk.RowsBefore).ConfigureAwait(false);
            backlog._chunks.Add([.. chunk.Messages]);
        }

        await database.ExecuteAsync("analyze user_record, mq_operate_record, orders").ConfigureAwait(false);
        return backlog;
    }

    /// <summary>Makes the queues anew, of a type, and fills them.</summary>
    public async Task FillAsync(string queueType)
    {
        await DeclareAsync(queueType).ConfigureAwait(false);
        await PublishAsync(0, Messages).ConfigureAwait(false);
    }

    /// <summary>Makes the queues anew, of a type.</summary>
    public async Task DeclareAsync(string queueType)
    {
        var factory = new ConnectionFactory { Uri = new Uri(_amqp), AutomaticRecoveryEnabled = false };
        await using IConnection connection = await factory.CreateConnectionAsync().ConfigureAwait(false);
        await using IChannel channel = await connection.CreateChannelAsync().ConfigureAwait(false);
        foreach (StreamInfo stream in Used)
        {
            await channel.ExchangeDeclareAsync(stream.Exchange, ExchangeType.Fanout, durable: true).ConfigureAwait(false);
            await channel.QueueDeleteAsync(stream.Queue).ConfigureAwait(false);
            Dictionary<string, object?>? arguments = string.Equals(queueType, "classic", StringComparison.Ordinal) ? null
                : new(StringComparer.Ordinal) { ["x-queue-type"] = queueType };
            await channel.QueueDeclareAsync(stream.Queue, durable: true, exclusive: false, autoDelete: false, arguments).ConfigureAwait(false);
            await channel.QueueBindAsync(stream.Queue, stream.Exchange, "").ConfigureAwait(false);
        }
    }

    /// <summary>Fills the queues with some of the messages, to whole chunks of them.</summary>
    /// <returns>How many come before those that are left.</returns>
    public async Task<int> PublishAsync(int from, int to)
    {
        int published = 0;
        await using SpringPublisher publisher = await SpringPublisher.ConnectAsync(_amqp, declare: false).ConfigureAwait(false);
        foreach (IReadOnlyList<WireMessage> chunk in _chunks)
        {
            if (published >= from && published < to)
            {
                await publisher.PublishAsync(chunk).ConfigureAwait(false);
            }
            else if (published >= to)
            {
                break;
            }

            published += chunk.Count;
        }

        return published;
    }
}
