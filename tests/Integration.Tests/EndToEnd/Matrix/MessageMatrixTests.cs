using System.Globalization;
using System.Text;
using DataLoad.Demo;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd.Matrix;

/// <summary>The contract, from Streams to What cannot be counted: a message for each thing that may differ, over real servers.</summary>
public sealed class MessageMatrixTests
{
    private const string Settings = "parking.retry-delays = [100ms, 200ms], streams { \"act.lottery\" { delayed = true } }";

    [Theory]
    [Stores]
    public Task Each_message_is_counted_or_dead_lettered_as_the_contract_says(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Settings = Settings;
        var host = await scenario.StartHostAsync();
        var matrix = new MessageMatrix();
        BodyCases.Add(matrix);
        KeyCases.Add(matrix);
        EventCases.Add(matrix);
        foreach (var meant in matrix.Meant)
        {
            scenario.Tally.Add(meant);
        }

        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await scenario.Business.InsertAsync(matrix.Rows);
        await scenario.PublishAsync(matrix.Messages);

        await scenario.ShouldEqualTallyAsync();
        await DeadLetters.WaitForAsync(scenario.Amqp, matrix.Refusals.Count, Deadline.Usual);
        var letters = await ReadAsync(scenario.Amqp);
        letters.Select(letter => letter.BasicProperties.MessageId).Order().ShouldBe(matrix.Refusals.Keys.Order());
        foreach (var letter in letters)
        {
            ShouldBeAsItCame(letter, matrix.Refusals[letter.BasicProperties.MessageId!], before);
        }

        await Deadline.UntilAsync(
            $"{EventCases.Held} deliveries to be parked", async () => (await host.MetricsAsync()).Sum("dataload_parked_waiting") == EventCases.Held);
        var metrics = await host.MetricsAsync();
        metrics.Sum("dataload_unidentified_total").ShouldBe(scenario.Tally.Unidentified);
        host.Log.ShouldNotContain("is not consumed any more");
    });

    [Fact]
    public Task A_dead_letter_has_all_that_came_and_counts_on_its_day_when_it_is_sent_again() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = Settings;
        await scenario.StartHostAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(scenario.Amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var came = new BasicProperties
        {
            ContentType = "text/plain",
            ContentEncoding = "UTF-8",
            CorrelationId = "correlation",
            ReplyTo = "reply",
            Expiration = "86400000",
            MessageId = "m",
            Type = "type",
            UserId = new Uri(scenario.Amqp).UserInfo.Split(':')[0],
            AppId = "app",
            ClusterId = "cluster",
            DeliveryMode = DeliveryModes.Transient,
            Priority = 4,
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["x-dataload-received"] = MessageMatrix.Noon,
                ["CC"] = new List<object?> { "copy" },
                ["a"] = true,
                ["b"] = (sbyte)-1,
                ["c"] = (byte)255,
                ["d"] = (short)-2,
                ["e"] = (ushort)65535,
                ["f"] = -3,
                ["g"] = 4_000_000_000U,
                ["h"] = -4L,
                ["i"] = 1.5f,
                ["j"] = 2.5,
                ["k"] = 12.34m,
                ["l"] = "text",
                ["m"] = new byte[] { 0, 255 },
                ["n"] = null,
                ["o"] = new AmqpTimestamp(5),
                ["p"] = new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    ["q"] = new List<object?> { 1, "r",
                    new Dictionary<string, object?>(StringComparer.Ordinal) { ["s"] = 2L } }
                },
            },
        };

        // Its receipt is long past, so that the delay is over; it is parked until its row is given up, and nothing of it changes.
        came.Headers["x-delay"] = "100";
        await channel.BasicPublishAsync(ContractStreams.ActVisit.Exchange, "key", mandatory: true, came, "77"u8.ToArray());
        await DeadLetters.WaitForAsync(scenario.Amqp, 1, Deadline.Usual);
        var letter = (await ReadAsync(scenario.Amqp)).ShouldHaveSingleItem();

        Shown(letter.BasicProperties).ShouldBe(Shown(came));
        letter.BasicProperties.Persistent.ShouldBeTrue();
        Header(letter, "x-dataload-received").ShouldBe(MessageMatrix.Noon);
        Header(letter, "x-dataload-reason").ShouldBe("no-row");
        Header(letter, "x-dataload-error").ShouldBeOfType<string>().ShouldContain("user_record 77");
        Header(letter, "x-dataload-dropped-headers").ShouldBe("CC", "the broker would send the letter to that queue, too");
        came.Headers.Remove("CC");
        Said(letter.BasicProperties.Headers!, "x-dataload-reason", "x-dataload-error", "x-dataload-stream", "x-dataload-dropped-headers")
            .ShouldBe(Said(came.Headers));

        await scenario.Business.InsertAsync([BusinessSchema.UserRecord.Row([77, .. MessageMatrix.Common(3), null])]);
        await channel.BasicPublishAsync("", ContractStreams.ActVisit.Queue, mandatory: true, new BasicProperties(letter.BasicProperties), letter.Body);
        scenario.Tally.Add(MessageMatrix.Event(ContractStreams.ActVisit, 3));
        await scenario.ShouldEqualTallyAsync();
    });

    [Fact]
    public Task Dead_letters_that_no_queue_takes_are_published_until_one_does() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = "intake { dead-letter-retry-first = 3s, dead-letter-retry-limit = 5s }";
        var host = await scenario.StartHostAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(scenario.Amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await SendAsync(1);

        // The publisher's channel is open by now; what it sends comes back, so that it declares the queue again.
        await channel.QueueDeleteAsync(ContractStreams.DeadLetters);
        await SendAsync(300);
        await host.WaitForLogAsync("is set aside in the store");

        // A queue that is full refuses: nothing is acknowledged, and all are there once it has room.
        await Deadline.UntilAsync("a queue of ten", async () =>
        {
            await using var making = await connection.CreateChannelAsync();
            await making.QueueDeleteAsync(ContractStreams.DeadLetters);
            try
            {
                await making.QueueDeclareAsync(ContractStreams.DeadLetters, durable: true, exclusive: false, autoDelete: false,
                    new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-max-length"] = 10, ["x-overflow"] = "reject-publish" });
                return true;
            }
            catch (RabbitMQ.Client.Exceptions.OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == 406)
            {
                // The host, which looks every few hundred milliseconds, has just made its own again.
                return false;
            }
        });
        await channel.QueueBindAsync(ContractStreams.DeadLetters, ContractStreams.DeadLetters, "");
        await scenario.PublishAsync([.. Enumerable.Range(0, 30).Select(Broken)]);
        await host.WaitForLogAsync("is set aside in the store");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await Deadline.UntilAsync("all thirty, ten at a time", async () =>
        {
            while (await channel.BasicGetAsync(ContractStreams.DeadLetters, autoAck: true) is { } letter)
            {
                seen.Add(letter.BasicProperties.MessageId!).ShouldBeTrue(letter.BasicProperties.MessageId);
            }

            return seen.Count == 30;
        });

        async Task SendAsync(int count)
        {
            await scenario.PublishAsync([.. Enumerable.Range(0, count).Select(Broken)]);
            await DeadLetters.WaitForAsync(scenario.Amqp, count, Deadline.Usual);
            (await ReadAsync(scenario.Amqp)).Select(letter => letter.BasicProperties.MessageId).Order()
                .ShouldBe(Enumerable.Range(0, count).Select(number => $"{number}").Order());
        }

        static WireMessage Broken(int number) => new(ContractStreams.ActShare, "{}"u8.ToArray()) { ContentType = MessageMatrix.Json, MessageId = $"{number}" };
    });

    private static void ShouldBeAsItCame(BasicGetResult letter, MessageMatrix.Refusal refusal, long before)
    {
        var message = refusal.Message;
        var what = $"{message.Stream.Name} {message.ContentType} {message.ContentEncoding} {Encoding.UTF8.GetString(message.Body.AsSpan(0, Math.Min(message.Body.Length, 200)))}: {Header(letter, "x-dataload-error")}";
        Header(letter, "x-dataload-stream").ShouldBe(message.Stream.Name, what);
        Header(letter, "x-dataload-reason").ShouldBe(refusal.Reason, what);
        Header(letter, "x-dataload-error").ShouldBeOfType<string>().ShouldContain(refusal.Named, Case.Sensitive, what);
        var received = Header(letter, "x-dataload-received").ShouldBeOfType<long>(what);
        if (message.Headers?.GetValueOrDefault("x-dataload-received") is { } recorded)
        {
            received.ShouldBe(Convert.ToInt64(recorded, CultureInfo.InvariantCulture), what);
        }
        else
        {
            received.ShouldBeInRange(before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), what);
        }

        string[] added = ["x-dataload-reason", "x-dataload-error", "x-dataload-stream", "x-dataload-received"];
        Said(letter.BasicProperties.Headers!, added).ShouldBe(Said(message.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal), added), what);
        letter.Body.ToArray().ShouldBe(message.Body, what);
        letter.BasicProperties.Persistent.ShouldBeTrue(what);
        (letter.BasicProperties.ContentType, letter.BasicProperties.ContentEncoding, letter.BasicProperties.Timestamp.UnixTime)
            .ShouldBe((message.ContentType, message.ContentEncoding, message.TimestampSeconds ?? 0), what);
    }

    private static async Task<List<BasicGetResult>> ReadAsync(string amqp)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(amqp) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var letters = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(ContractStreams.DeadLetters, autoAck: true) is { } letter)
        {
            letters.Add(letter);
        }

        return letters;
    }

    private static object? Header(BasicGetResult letter, string name) =>
        letter.BasicProperties.Headers!.TryGetValue(name, out var value) ? value is byte[] text ? Encoding.UTF8.GetString(text) : value : "(absent)";

    private static string Shown(IReadOnlyBasicProperties of) => string.Join(
        '|', of.ContentType, of.ContentEncoding, of.CorrelationId, of.ReplyTo, of.Expiration, of.MessageId, of.Type, of.UserId, of.AppId, of.ClusterId,
        of.Priority, of.IsTimestampPresent());

    /// <summary>Headers with their types, in the order of their names; texts come back as bytes.</summary>
    private static string Said(IEnumerable<KeyValuePair<string, object?>> headers, params string[] without) => string.Join(
        ' ', headers.Where(header => !without.Contains(header.Key, StringComparer.Ordinal)).OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}={Said(header.Value)}"));

    private static string Said(object? value) => value switch
    {
        null => "null",
        string text => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
        byte[] bytes => Convert.ToHexString(bytes),
        IDictionary<string, object?> table => $"{{{Said((IEnumerable<KeyValuePair<string, object?>>)table)}}}",
        System.Collections.IList list => $"[{string.Join(' ', list.Cast<object?>().Select(Said))}]",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value.GetType().Name}:{value}"),
    };
}
