using System.Globalization;

namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>The business tables as the events leave them: a row can be seen from a time on.</summary>
internal sealed class BusinessRows
{
    private readonly Dictionary<(string Table, int Id), (long AtMs, Dictionary<string, object?> Values)> _rows = [];

    public BusinessRows(IEnumerable<GeneratedEvent> events)
    {
        foreach (GeneratedEvent generated in events)
        {
            Add(generated);
        }
    }

    /// <summary>A row's values by column, or null where it cannot be seen yet.</summary>
    public Dictionary<string, object?>? Find(string table, int id, long elapsedMs) =>
        _rows.TryGetValue((table, id), out (long AtMs, Dictionary<string, object?> Values) row) && row.AtMs <= elapsedMs ? row.Values : null;

    private void Add(GeneratedEvent generated)
    {
        StreamFacts stream = StreamFacts.Of(generated.Stream);
        if (stream.Table is null || generated.RowsAtMs == GeneratedEvent.Never)
        {
            return;
        }

        if (stream.Record is not null)
        {
            // Half of them as the text of a number, which the contract allows.
            string key = generated.Key.ToString(CultureInfo.InvariantCulture);
            string data = (generated.Number & 1) == 0 ? $"{{\"{stream.Record}\":{key}}}" : $"{{\"{stream.Record}\":\"{key}\"}}";
            Put("mq_operate_record", generated.RecordId, generated, new(StringComparer.Ordinal) { ["data"] = data, ["ctime"] = generated.RowTimeMs });
        }

        int id = generated.Key;
        if (string.Equals(stream.Record, "refundId", StringComparison.Ordinal))
        {
            id = generated.Key + 500_000;
            Put("order_refund", generated.Key, generated, new(StringComparer.Ordinal)
            {
                ["order_id"] = (long)id,
                ["card_num"] = generated.Numbers["card_num"],
                ["refund_amount"] = generated.Numbers["refund_amount"],
            });
        }

        if (string.Equals(stream.Record, "revokeId", StringComparison.Ordinal))
        {
            id = generated.Key + 500_000;
            Put("shop_card_revoke", generated.Key, generated, new(StringComparer.Ordinal) { ["off_id"] = (long)id });
        }

        var values = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["session_str"] = generated.Marker,
            ["parent_topic_type"] = generated.Parent?.Type,
            ["parent_topic_id"] = generated.Parent is { } parent ? (long)parent.Id : null,
            ["topic_type"] = generated.TopicType,
            ["topic_id"] = (long)generated.TopicId,
            ["qr_code"] = "",
            ["wu_id"] = (long)generated.WuId,
            ["channel_type"] = "",
            ["ctime"] = stream.Record is null ? generated.RowTimeMs : null,
        };
        foreach ((string name, long value) in generated.Numbers)
        {
            values[name] = value;
        }

        Put(stream.Table, id, generated, values);
    }

    /// <summary>The first event of a key makes its row; another telling of the same event finds it there.</summary>
    private void Put(string table, int id, GeneratedEvent generated, Dictionary<string, object?> values) =>
        _rows.TryAdd((table, id), (generated.RowsAtMs, values));
}
