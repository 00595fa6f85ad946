using System.Text.Json;
using System.Text.Json.Serialization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Storage;

namespace DataLoad.Host.Api;

/// <summary>Writes <see cref="MetricValues"/>.</summary>
internal sealed class MetricValuesConverter : JsonConverter<MetricValues>
{
    public override MetricValues Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Metric values are only written.");

    public override void Write(Utf8JsonWriter writer, MetricValues value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (int place in value.Columns ?? Enumerable.Range(0, value.Values.Length))
        {
            Metric metric = value.Page.Metrics[place];
            if (metric.Kind == MetricKind.Amount)
            {
                writer.WriteString(metric.Column, Hundredths.Format(value.Values[place]));
            }
            else
            {
                writer.WriteNumber(metric.Column, value.Values[place]);
            }
        }

        writer.WriteEndObject();
    }
}
