using System.Globalization;

namespace DataLoad.Simulation.Scenarios;

/// <summary>The business tables as the happenings leave them: a row can be seen from a time on.</summary>
internal sealed class BusinessRows
{
    private readonly Dictionary<(string Table, int Id), (long AtMs, Dictionary<string, object?> Values)> _rows = [];

    public BusinessRows(IEnumerable<Happening> happenings)
    {
        foreach (Happening happening in happenings)
        {
            Add(happening);
        }
    }

    /// <summary>A row's values by column, or null where it cannot be seen yet.</summary>
    public Dictionary<string, object?>? Find(string table, int id, long elapsedMs) =>
        _rows.TryGetValue((table, id), out (long AtMs, Dictionary<string, object?> Values) row) && row.AtMs <= elapsedMs ? row.Values : null;

    private void Add(Happening happening)
    {
        StreamFacts stream = StreamFacts.Of(happening.Stream);
        if (stream.Table is null || happening.RowsAtMs == Happening.Never)
        {
            return;
        }

        if (stream.Record is not null)
        {
            // Half of them as the text of a number, which the contract allows.
            string key = happening.Key.ToString(CultureInfo.InvariantCulture);
            string data = (happening.Number & 1) == 0 ? $"{{\"{stream.Record}\":{key}}}" : $"{{\"{stream.Record}\":\"{key}\"}}";
            Put("mq_operate_record", happening.RecordId, happening, new(StringComparer.Ordinal) { ["data"] = data, ["ctime"] = happening.RowTimeMs });
        }

        int id = happening.Key;
        if (string.Equals(stream.Record, "refundId", StringComparison.Ordinal))
        {
            id = happening.Key + 500_000;
            Put("order_refund", happening.Key, happening, new(StringComparer.Ordinal)
            {
                ["order_id"] = (long)id,
                ["card_num"] = happening.Numbers["card_num"],
                ["refund_amount"] = happening.Numbers["refund_amount"],
            });
        }

        if (string.Equals(stream.Record, "revokeId", StringComparison.Ordinal))
        {
            id = happening.Key + 500_000;
            Put("shop_card_revoke", happening.Key, happening, new(StringComparer.Ordinal) { ["off_id"] = (long)id });
        }

        var values = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["session_str"] = happening.Marker,
            ["topic_type"] = happening.TopicType,
            ["topic_id"] = (long)happening.TopicId,
            ["qr_code"] = "",
            ["wu_id"] = (long)happening.WuId,
            ["channel_type"] = "",
            ["ctime"] = stream.Record is null ? happening.RowTimeMs : null,
        };
        foreach ((string name, long value) in happening.Numbers)
        {
            values[name] = value;
        }

        Put(stream.Table, id, happening, values);
    }

    /// <summary>The first happening of a key makes its row; another telling of the same event finds it there.</summary>
    private void Put(string table, int id, Happening happening, Dictionary<string, object?> values) =>
        _rows.TryAdd((table, id), (happening.RowsAtMs, values));
}
