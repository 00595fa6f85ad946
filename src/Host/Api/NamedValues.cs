using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataLoad.Host.Api;

/// <summary>Metrics or facts by name, in order. In JSON an amount is a text with two decimals, anything else an integer.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record NamedValues(NamedValues.Entry[] Entries)
{
    /// <summary>The metrics of a page: those at some places, or with null all.</summary>
    public static NamedValues Of(Page page, long[] values, int[]? columns = null) => new(
    [
        .. (columns ?? Enumerable.Range(0, values.Length))
            .Select(place => new Entry(page.Metrics[place].Column, values[place], page.Metrics[place].Kind == MetricKind.Amount)),
    ]);

    /// <summary>The value of a name, or null.</summary>
    public Entry? Find(string name) =>
        Entries.Where(entry => string.Equals(entry.Name, name, StringComparison.Ordinal)).Select(entry => (Entry?)entry).FirstOrDefault();

    /// <summary>One of them; the value of an amount is in hundredths.</summary>
    internal readonly record struct Entry(string Name, long Value, bool IsAmount)
    {
        public string Text => IsAmount ? Hundredths.Format(Value) : Value.ToString();
    }

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
                entries.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? new Entry(name, number, IsAmount: false)
                    : reader.TokenType == JsonTokenType.String && decimal.TryParse(reader.GetString(), out decimal amount)
                        && Hundredths.From(amount) is { } hundredths
                        ? new Entry(name, hundredths, IsAmount: true)
                    : throw new JsonException($"{name} is neither an integer nor an amount."));
            }

            return new NamedValues([.. entries]);
        }

        public override void Write(Utf8JsonWriter writer, NamedValues value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (Entry entry in value.Entries)
            {
                if (entry.IsAmount)
                {
                    writer.WriteString(entry.Name, entry.Text);
                }
                else
                {
                    writer.WriteNumber(entry.Name, entry.Value);
                }
            }

            writer.WriteEndObject();
        }
    }
}
