using System.Globalization;
using System.Text.Json;
using Dapper;
using DataLoad.Demo;
using Npgsql;

namespace DataLoad.Bench.Drain;

/// <summary>One batch of the hand-written consumer: decode, look up, and one transaction that counts each event once.</summary>
internal static class HandwrittenBatch
{
    private const string UserRecordSql =
        "SELECT id, topic_type AS TopicType, topic_id AS TopicId, wu_id AS WuId, ctime FROM user_record WHERE id = ANY(@Ids)";

    private const string RecordSql = "SELECT id, data, ctime FROM mq_operate_record WHERE id = ANY(@Ids)";

    private const string OrderSql =
        """
        SELECT id, topic_type AS TopicType, topic_id AS TopicId, wu_id AS WuId, is_vip AS IsVip, buy_num AS BuyNum, card_num AS CardNum,
            pay_amount AS PayAmount, is_rush AS IsRush, by_share AS ByShare
        FROM orders WHERE id = ANY(@Ids)
        """;

    private const string SeenSql =
        """
        INSERT INTO seen (stream, identity) SELECT @Stream, i FROM unnest(@Identities) AS t (i)
        ON CONFLICT DO NOTHING RETURNING identity
        """;

    private const string UserSql =
        """
        INSERT INTO counted_user (topic_type, topic_id, stat_date, metric, wu_id)
        SELECT * FROM unnest(@Types, @Topics, @Days, @Metrics, @Users)
        ON CONFLICT DO NOTHING RETURNING topic_type AS TopicType, topic_id AS TopicId, stat_date AS Day, metric
        """;

    public static async Task CountAsync(NpgsqlConnection connection, string queue, IReadOnlyList<byte[]> bodies)
    {
        List<HandwrittenEvent> events = string.Equals(queue, ContractStreams.ActShare.Queue, StringComparison.Ordinal) ? Shares(bodies)
            : string.Equals(queue, ContractStreams.ActVisit.Queue, StringComparison.Ordinal) ? await VisitsAsync(connection, bodies).ConfigureAwait(false)
            : await OrdersAsync(connection, bodies).ConfigureAwait(false);
        short stream = (short)(events[0].Order is not null ? 3 : string.Equals(queue, ContractStreams.ActVisit.Queue, StringComparison.Ordinal) ? 2 : 1);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        HashSet<string> fresh = [.. await connection.QueryAsync<string>(SeenSql,
            new { Stream = stream, Identities = events.Select(e => e.Identity).Distinct(StringComparer.Ordinal).ToArray() }, transaction)
            .ConfigureAwait(false)];
        var sums = new HandwrittenSums();
        foreach (HandwrittenEvent e in events)
        {
            if (fresh.Remove(e.Identity))
            {
                sums.Add(stream, e);
            }
        }

        if (sums.Users.Count > 0)
        {
            (string TopicType, int TopicId, DateOnly Day, short Metric, int User)[] users = [.. sums.Users.Order()];
            await using var command = new NpgsqlCommand(UserSql.Replace('@', ':'), connection, transaction);
            command.Parameters.AddWithValue("Types", users.Select(user => user.TopicType).ToArray());
            command.Parameters.AddWithValue("Topics", users.Select(user => user.TopicId).ToArray());
            command.Parameters.AddWithValue("Days", users.Select(user => user.Day).ToArray());
            command.Parameters.AddWithValue("Metrics", users.Select(user => user.Metric).ToArray());
            command.Parameters.AddWithValue("Users", users.Select(user => user.User).ToArray());
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                sums.AddUser(reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<DateOnly>(2), reader.GetInt16(3));
            }
        }

        await sums.UpsertAsync(connection, transaction).ConfigureAwait(false);
        await transaction.CommitAsync().ConfigureAwait(false);
    }

    private static List<HandwrittenEvent> Shares(IReadOnlyList<byte[]> bodies)
    {
        var events = new List<HandwrittenEvent>(bodies.Count);
        foreach (byte[] body in bodies)
        {
            using JsonDocument json = JsonDocument.Parse(body);
            JsonElement root = json.RootElement;
            string type = root.GetProperty("topicType").GetString()!;
            int topic = root.GetProperty("topicId").GetInt32();
            long ctime = root.GetProperty("ctime").GetInt64();
            int user = root.GetProperty("wuId").GetInt32();
            string identity = string.Create(CultureInfo.InvariantCulture, $"{type}:{topic}:{root.GetProperty("sessionStr").GetString()}:{user}:{ctime}");
            events.Add(new HandwrittenEvent(identity, type, topic, StatDay.Of(ctime), user));
        }

        return events;
    }

    private static async Task<List<HandwrittenEvent>> VisitsAsync(NpgsqlConnection connection, IReadOnlyList<byte[]> bodies)
    {
        IEnumerable<(int Id, string TopicType, int TopicId, int WuId, long Ctime)> rows =
            await connection.QueryAsync<(int, string, int, int, long)>(UserRecordSql, new { Ids = Keys(bodies) }).ConfigureAwait(false);
        return [.. rows.Select(row =>
            new HandwrittenEvent(row.Id.ToString(CultureInfo.InvariantCulture), row.TopicType, row.TopicId, StatDay.Of(row.Ctime), row.WuId))];
    }

    private static async Task<List<HandwrittenEvent>> OrdersAsync(NpgsqlConnection connection, IReadOnlyList<byte[]> bodies)
    {
        var times = new Dictionary<int, long>();
        foreach ((int _, string data, long ctime) in await connection.QueryAsync<(int, string, long)>(RecordSql, new { Ids = Keys(bodies) }).ConfigureAwait(false))
        {
            using JsonDocument json = JsonDocument.Parse(data);
            times[json.RootElement.GetProperty("orderId").GetInt32()] = ctime;
        }

        IEnumerable<HandwrittenOrder> orders = await connection.QueryAsync<HandwrittenOrder>(OrderSql, new { Ids = times.Keys.ToArray() })
            .ConfigureAwait(false);
        return [.. orders.Select(order => new HandwrittenEvent(order.Id.ToString(CultureInfo.InvariantCulture), order.TopicType, order.TopicId,
            StatDay.Of(times[order.Id]), order.WuId) { Order = order })];
    }

    private static int[] Keys(IReadOnlyList<byte[]> bodies) => [.. bodies.Select(body => JsonSerializer.Deserialize<int>(body)).Distinct()];
}
