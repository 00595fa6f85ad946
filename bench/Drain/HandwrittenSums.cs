using Npgsql;

namespace DataLoad.Bench.Drain;

/// <summary>What a batch of the hand-written consumer adds, summed up in memory before it is written.</summary>
internal sealed class HandwrittenSums
{
    private static readonly string[] Columns =
    [
        "visit_cnt", "share_cnt", "buy_cnt", "buy_num", "buy_card_num", "vip_buy_cnt", "vip_buy_num", "vip_buy_card_num", "share_join_cnt", "rush_buy_cnt",
        "rush_buy_num",
        "rush_buy_card_num", "visit_user_cnt", "share_user_cnt", "buy_user_cnt", "vip_buy_user_cnt", "share_join_user_cnt", "rush_buy_user_cnt", "pay_amount",
        "vip_pay_amount",
    ];

    private static readonly string UpsertSql =
        $"""
        INSERT INTO data_load_act_date AS t (topic_type, topic_id, stat_date, {string.Join(", ", Columns)})
        SELECT * FROM unnest(:types, :topics, :days, {string.Join(", ", Columns.Select(column => ":" + column))})
        ON CONFLICT (topic_type, topic_id, stat_date) DO UPDATE SET {string.Join(", ", Columns.Select(column => $"{column} = t.{column} + excluded.{column}"))}, update_time = now()
        """;

    private readonly Dictionary<(string Type, int Topic, DateOnly Day), decimal[]> _rows = [];

    /// <summary>The users that may be new, each once.</summary>
    public HashSet<(string TopicType, int TopicId, DateOnly Day, short Metric, int User)> Users { get; } = [];

    public void Add(short stream, HandwrittenEvent e)
    {
        decimal[] row = Row(e.TopicType, e.TopicId, e.Day);
        switch (stream)
        {
            case 1:
                Count(row, "share_cnt", 1);
                User(e, "share_user_cnt");
                break;
            case 2:
                Count(row, "visit_cnt", 1);
                User(e, "visit_user_cnt");
                break;
            default:
                AddOrder(row, e, e.Order!);
                break;
        }
    }

    public void AddUser(string type, int topic, DateOnly day, short metric) => Row(type, topic, day)[metric]++;

    public async Task UpsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        // In order, so that two batches cannot wait for each other.
        KeyValuePair<(string Type, int Topic, DateOnly Day), decimal[]>[] rows = [.. _rows.OrderBy(row => row.Key)];
        await using var command = new NpgsqlCommand(UpsertSql, connection, transaction);
        command.Parameters.AddWithValue("types", rows.Select(row => row.Key.Type).ToArray());
        command.Parameters.AddWithValue("topics", rows.Select(row => row.Key.Topic).ToArray());
        command.Parameters.AddWithValue("days", rows.Select(row => row.Key.Day).ToArray());
        for (int i = 0; i < Columns.Length; i++)
        {
            int column = i;
            command.Parameters.AddWithValue(Columns[i], rows.Select(row => row.Value[column]).ToArray());
        }

        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private void AddOrder(decimal[] row, HandwrittenEvent e, HandwrittenOrder order)
    {
        Bought(row, "buy", order);
        Count(row, "pay_amount", order.PayAmount);
        User(e, "buy_user_cnt");
        if (order.IsVip)
        {
            Bought(row, "vip_buy", order);
            Count(row, "vip_pay_amount", order.PayAmount);
            User(e, "vip_buy_user_cnt");
        }

        if (order.ByShare)
        {
            Count(row, "share_join_cnt", 1);
            User(e, "share_join_user_cnt");
        }

        if (order.IsRush)
        {
            Bought(row, "rush_buy", order);
            User(e, "rush_buy_user_cnt");
        }
    }

    private static void Bought(decimal[] row, string prefix, HandwrittenOrder order)
    {
        Count(row, prefix + "_cnt", 1);
        Count(row, prefix + "_num", order.BuyNum);
        Count(row, prefix + "_card_num", order.CardNum);
    }

    private static void Count(decimal[] row, string column, decimal value) => row[Array.IndexOf(Columns, column)] += value;

    private void User(HandwrittenEvent e, string column) => Users.Add((e.TopicType, e.TopicId, e.Day, (short)Array.IndexOf(Columns, column), e.WuId));

    private decimal[] Row(string type, int topic, DateOnly day)
    {
        if (!_rows.TryGetValue((type, topic, day), out decimal[]? row))
        {
            _rows.Add((type, topic, day), row = new decimal[Columns.Length]);
        }

        return row;
    }
}
