using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataLoad.Host.Api;

/// <summary>Metrics or facts by name, in order. One that is null is not known.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record NamedValues(NamedValues.Entry[] Entries)
{
    /// <summary>The metrics of a page: those at some places, or with null all.</summary>
    /// <param name="page">The page.</param>
    /// <param name="values">Of all its metrics.</param>
    /// <param name="columns">The places of those that are wanted; null for all.</param>
    /// <param name="isDistinctKnown">Whether those of distinct metrics are of one row, or of a union. Distinct people of several rows do not add up, so that
    /// nothing is told of a sum.</param>
    public static NamedValues Of(Page page, long[] values, int[]? columns, bool isDistinctKnown) => new(
    [
        .. (columns ?? Enumerable.Range(0, values.Length)).Select(place => new Entry(page.Metrics[place].Column, ValueOf(page.Metrics[place], values[place], isDistinctKnown))),
    ]);

    /// <summary>What is told of a metric: nothing of a distinct one that is not known.</summary>
    public static CellValue? ValueOf(Metric metric, long value, bool isDistinctKnown) =>
        metric.Kind == MetricKind.Distinct && !isDistinctKnown ? null : new CellValue(value, metric.Kind == MetricKind.Amount);

    /// <summary>The value of a name, or null.</summary>
    public CellValue? Find(string name) => Entries.FirstOrDefault(entry => string.Equals(entry.Name, name, StringComparison.Ordinal)).Value;

    /// <summary>One of them.</summary>
    internal readonly record struct Entry(string Name, CellValue? Value);

    internal sealed class Converter : JsonConverter<NamedValues>
    {
        public override NamedValues Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("Values by name are an object.");
            }

            var entries = new List<Entry>();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                entries.Add(new Entry(name, reader.TokenType == JsonTokenType.Null ? null
                    : CellValue.Read(ref reader) ?? throw new JsonException($"{name} is neither an integer nor an amount.")));
            }

            return new NamedValues([.. entries]);
        }

        public override void Write(Utf8JsonWriter writer, NamedValues value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (Entry entry in value.Entries)
            {
                writer.WritePropertyName(entry.Name);
                if (entry.Value is { } known)
                {
                    known.WriteTo(writer);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }

            writer.WriteEndObject();
        }
    }
}

/// <summary>What a cell or a fact holds; an amount in hundredths. In JSON an amount is a text with two decimals, anything else an integer.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct CellValue(long Value, bool IsAmount)
{
    public string Text => IsAmount ? Hundredths.Format(Value) : Value.ToString();

    /// <summary>Reads one; null where it is something else.</summary>
    public static CellValue? Read(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? new CellValue(number, IsAmount: false)
        : reader.TokenType == JsonTokenType.String && decimal.TryParse(reader.GetString(), out decimal amount) && Hundredths.From(amount) is { } hundredths
            ? new CellValue(hundredths, IsAmount: true)
        : null;

    public void WriteTo(Utf8JsonWriter writer)
    {
        if (IsAmount)
        {
            writer.WriteStringValue(Text);
        }
        else
        {
            writer.WriteNumberValue(Value);
        }
    }

    internal sealed class Converter : JsonConverter<CellValue>
    {
        public override CellValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            CellValue.Read(ref reader) ?? throw new JsonException("The value is neither an integer nor an amount.");

        public override void Write(Utf8JsonWriter writer, CellValue value, JsonSerializerOptions options) => value.WriteTo(writer);
    }
}
