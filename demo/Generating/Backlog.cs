using System.Diagnostics;
using System.Globalization;
using System.Text;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>
/// Fills the queues quickly with well-formed events (half shares, a third visits, the rest orders), with their
/// business rows in place: for measuring how fast they are drained.
/// </summary>
public static class Backlog
{
    private const long Day = 86_400_000;

    /// <summary>Makes, inserts and publishes the backlog; the next chunk is made while one is being sent.</summary>
    /// <param name="options">What it holds.</param>
    /// <param name="business">Where the rows go.</param>
    /// <param name="publisher">Where the messages go.</param>
    /// <param name="tally">Takes what was meant; null where nobody compares.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async Task<BacklogResult> PrepareAsync(BacklogOptions options, BusinessDatabase business, SpringPublisher publisher, Tally? tally = null, CancellationToken cancel = default)
    {
        var clock = Stopwatch.StartNew();
        long rows = 0;
        var sending = Task.CompletedTask;
        foreach (var chunk in Chunks(options))
        {
            if (tally is not null)
            {
                chunk.Record(tally);
            }

            rows += chunk.RowsBefore.Count;
            await sending;
            sending = Task.Run(() => SendAsync(chunk, business, publisher, cancel), cancel);
        }

        await sending;
        return new BacklogResult(options.Messages, rows, clock.Elapsed);
    }

    /// <summary>The backlog in chunks, for a caller who sends them himself.</summary>
    public static IEnumerable<GeneratedBatch> Chunks(BacklogOptions options)
    {
        var dice = new Dice(options.Seed);
        var topics = new Zipf(options.Topics, 1.0);
        var users = new Zipf(options.Users, 0.8);
        var now = options.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var key = options.FirstKey;
        for (var made = 0; made < options.Messages;)
        {
            var batch = new GeneratedBatch();
            for (var end = Math.Min(options.Messages, made + options.ChunkMessages); made < end; made++)
            {
                var common = new CommonFields(dice.Hex(), "ACTIVITY", 1 + topics.Draw(dice)) { WuId = 1 + users.Draw(dice), ChannelType = "WECHAT" };
                var ctime = now - dice.Between(0, dice.Chance(0.95) ? Day / 24 : 3 * Day);
                var part = dice.Unit();
                if (part < options.Shares)
                {
                    Share(batch, common, ctime, options.MessageIds ? dice.Hex() + dice.Hex() : null);
                }
                else if (part < options.Shares + options.Visits)
                {
                    Visit(batch, common, ctime, key++);
                }
                else
                {
                    Buy(batch, common, ctime, key++, dice);
                }
            }

            yield return batch;
        }
    }

    private static async Task SendAsync(GeneratedBatch chunk, BusinessDatabase business, SpringPublisher publisher, CancellationToken cancel)
    {
        await business.InsertAsync(chunk.RowsBefore, cancel);
        await publisher.PublishAsync(chunk.Messages, cancel);
    }

    private static void Share(GeneratedBatch batch, CommonFields common, long ctime, string? messageId)
    {
        var json = Invariant($"{{\"sessionStr\":\"{common.Session}\",\"parentTopicType\":null,\"parentTopicId\":null,\"topicType\":\"{common.TopicType}\",\"topicId\":{common.TopicId},\"qrCode\":\"\",\"wuId\":{common.WuId},\"channelType\":\"{common.ChannelType}\",\"ctime\":{ctime}}}");
        var message = new WireMessage(ContractStreams.ActShare, Encoding.UTF8.GetBytes(json))
        {
            ContentType = "application/json",
            ContentEncoding = "UTF-8",
            MessageId = messageId
        };
        batch.Send(message, Meant(ContractStreams.ActShare, common, ctime, messageId is null ? "content:" + common.Session : "id:" + messageId));
    }

    private static void Visit(GeneratedBatch batch, CommonFields common, long ctime, int key)
    {
        batch.RowsBefore.Add(BusinessSchema.UserRecord.Row([key, .. common.Columns(), ctime]));
        batch.Send(Key(ContractStreams.ActVisit, key), Meant(ContractStreams.ActVisit, common, ctime, Invariant($"key:{key}")));
    }

    private static void Buy(GeneratedBatch batch, CommonFields common, long ctime, int key, Dice dice)
    {
        var meant = Meant(ContractStreams.ActBuy, common, ctime, Invariant($"key:{key}")) with
        {
            Vip = dice.Chance(0.3),
            Rush = dice.Chance(0.1),
            ByShare = dice.Chance(0.2),
            Num = dice.Between(1, 3),
            CardNum = dice.Between(1, 6),
            Amount = dice.Between(1, 99_999) / 100m,
        };
        batch.RowsBefore.Add(BusinessSchema.Orders.Row([key, .. common.Columns(), meant.Vip, (int)meant.Num, (int)meant.CardNum, meant.Amount, meant.Rush,
            meant.ByShare, ctime]));
        batch.RowsBefore.Add(BusinessSchema.MqOperateRecord.Row(key, ContractStreams.ActBuy.Exchange, Invariant($"{{\"orderId\":{key}}}"), (short)0, ctime));
        batch.Send(Key(ContractStreams.ActBuy, key), meant);
    }

    private static WireMessage Key(StreamInfo stream, int key) =>
        new(stream, Encoding.UTF8.GetBytes(key.ToString(CultureInfo.InvariantCulture))) { ContentType = "application/json", ContentEncoding = "UTF-8" };

    private static MeantEvent Meant(StreamInfo stream, CommonFields common, long ctime, string identity) =>
        new(stream.Name, common.TopicType, common.TopicId, StatDay.Of(ctime), common.WuId, identity);
}
