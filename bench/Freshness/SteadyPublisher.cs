using System.Diagnostics;
using System.Globalization;
using System.Text;
using DataLoad.Demo;
using RabbitMQ.Client;

namespace DataLoad.Bench.Freshness;

/// <summary>Publishes stamped messages of <c>act.share</c> at a steady rate.</summary>
internal static class SteadyPublisher
{
    /// <summary>Publishes until told to stop.</summary>
    /// <returns>How many were published.</returns>
    public static async Task<int> RunAsync(string amqp, int perSecond, CancellationToken stop)
    {
        var factory = new ConnectionFactory { Uri = new Uri(amqp) };
        await using IConnection connection = await factory.CreateConnectionAsync(CancellationToken.None);
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None);
        var properties = new BasicProperties { ContentType = "application/json", ContentEncoding = "UTF-8", Persistent = true };
        var dice = new Dice(50);
        var topic = new Zipf(1_000, 1.0);
        long start = Stopwatch.GetTimestamp();
        int published = 0;
        while (!stop.IsCancellationRequested)
        {
            for (int due = (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond); published < due; published++)
            {
                string body = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"sessionStr\":\"{Stamp.Now()}\",\"topicType\":\"ACTIVITY\",\"topicId\":{1 + topic.Draw(dice)},\"wuId\":{1 + published},\"channelType\":\"WECHAT\",\"ctime\":{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}");
                await channel.BasicPublishAsync(ContractStreams.ActShare.Exchange, "", mandatory: false, properties, Encoding.UTF8.GetBytes(body),
                    CancellationToken.None);
            }

            await Task.Delay(1, CancellationToken.None);
        }

        return published;
    }
}
