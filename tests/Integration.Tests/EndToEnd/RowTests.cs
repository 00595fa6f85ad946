using System.Globalization;
using System.Text;
using DataLoad.Demo;
using DataLoad.Integration.Tests.PostgreSql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Rows that come after their message, or never.</summary>
public sealed class RowTests
{
    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task An_event_whose_row_comes_late_is_counted_once_it_is_there(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 31, Unidentified = 0, LateRows = 0.5, Broken = 0, Delayed = 0 };
        var host = await scenario.StartHostAsync();
        var batch = scenario.Generator.Next(800);
        await scenario.SendAsync(batch);
        await host.WaitForMetricAsync("dataload_parked_waiting", 100);

        // What is parked is in the store: a crash does not lose it.
        await host.KillAsync();
        host = scenario.LaunchHost("cluster { time-to-live = 2s, heartbeat-interval = 500ms }");
        await scenario.Business.InsertAsync(batch.RowsAfter);
        await scenario.ShouldEqualTallyAsync();
        (await DeadLetters.CountAsync(scenario.Amqp)).ShouldBe(0);
        await host.WaitForMetricAsync("dataload_serving", 1);

        // A count that a removal crossed may be too high until the next one.
        await Deadline.UntilAsync("nothing to be parked", async () => (await host.MetricsAsync()).Sum("dataload_parked_waiting") == 0);
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.PostgreSql)]
    public Task An_event_whose_row_never_comes_is_dead_lettered_as_it_came(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Settings = "parking.retry-delays = [200ms, 300ms]";
        await scenario.StartHostAsync();
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var message = new WireMessage(ContractStreams.ActBuy, Encoding.UTF8.GetBytes("{ \"recordId\" : \"4711\", \"more\":[1,2] }"))
        {
            ContentType = "application/json; charset=UTF-8",
            ContentEncoding = "utf-8",
            MessageId = "m-1",
            TimestampSeconds = 1_700_000_000,
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["__TypeId__"] = "java.util.HashMap",
                ["count"] = 7,
                ["big"] = 8L,
                ["flag"] = true
            },
        };
        scenario.Tally.AddDead(ContractStreams.ActBuy.Name);
        await scenario.PublishAsync([message]);

        var letter = (await scenario.ShouldHaveDeadLettersAsync()).ShouldHaveSingleItem();
        letter.Reason.ShouldBe("no-row");
        letter.Stream.ShouldBe("act.buy");
        letter.Error!.ShouldContain("4711");
        long.Parse(letter.Received!, CultureInfo.InvariantCulture).ShouldBeInRange(before - 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        letter.Body.ShouldBe(message.Body);
        letter.ContentType.ShouldBe(message.ContentType);
        letter.MessageId.ShouldBe("m-1");
        Encoding.UTF8.GetString((byte[])letter.Headers["__TypeId__"]!).ShouldBe("java.util.HashMap");
        letter.Headers["count"].ShouldBe(7);
        letter.Headers["big"].ShouldBe(8L);
        letter.Headers["flag"].ShouldBe(true);
        await scenario.ShouldEqualTallyAsync();
    });

    [Fact]
    public Task Rows_that_the_database_or_its_driver_cannot_read_are_dead_lettered_by_table_key_and_column_and_the_others_count() =>
        Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
        {
            await TestDatabase.ExecuteAsync(
                scenario.BusinessUrl,
                $$"""
                ALTER TABLE orders RENAME TO kept_orders;
                ALTER TABLE kept_orders ALTER buy_num TYPE text, ALTER pay_amount TYPE numeric, ALTER topic_type TYPE char(64);
                CREATE VIEW orders AS SELECT id, session_str, parent_topic_type, parent_topic_id, topic_type, topic_id, qr_code, wu_id, channel_type, is_vip,
                    buy_num::int AS buy_num, card_num, pay_amount, is_rush, by_share, ctime FROM kept_orders;
                INSERT INTO kept_orders (id, session_str, topic_type, topic_id, qr_code, wu_id, channel_type, is_vip, buy_num, card_num, pay_amount,
                    is_rush, by_share, ctime)
                    SELECT i, 's', 'activity', 7, '', i, '', false, '2', 1, 12.50, false, false, {{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}
                    FROM generate_series(1, 40) i;
                UPDATE kept_orders SET buy_num = 'many' WHERE id = 11;
                UPDATE kept_orders SET pay_amount = 'NaN' WHERE id = 12;
                INSERT INTO mq_operate_record (id, exchange, data, status, ctime)
                    SELECT i, '', '{"orderId":' || i || '}', 0, null FROM generate_series(1, 40) i;
                UPDATE mq_operate_record SET ctime = -9223372036854775808 WHERE id = 13
                """);
            await scenario.StartHostAsync();

            foreach (var _ in Enumerable.Range(0, 3))
            {
                scenario.Tally.AddDead(ContractStreams.ActBuy.Name);
            }

            await scenario.PublishAsync([.. Enumerable.Range(1, 40).Select(i => new WireMessage(
                ContractStreams.ActBuy, Encoding.UTF8.GetBytes(FormattableString.Invariant($$"""{"recordId":{{i}}}""")))
            {
                ContentType = "application/json",
            })]);

            var letters = await scenario.ShouldHaveDeadLettersAsync();
            letters.ShouldAllBe(letter => letter.Reason == "bad-row");
            var errors = string.Join('\n', letters.Select(letter => letter.Error));
            errors.ShouldContain("Row 11 of orders cannot be read by the database: invalid input syntax for type integer: \"many\"");
            errors.ShouldContain("Row 12 of orders: column pay_amount = NaN");
            const string counted = "SELECT buy_cnt || ' ' || buy_num || ' ' || pay_amount FROM data_load_act_date WHERE topic_type = 'activity'";
            await Deadline.UntilAsync("the others to count", async () => await TestDatabase.ExecuteAsync(scenario.Store, counted) is "37 74 462.50");
        });
}
