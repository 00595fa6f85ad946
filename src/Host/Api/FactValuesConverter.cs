using System.Text.Json;
using System.Text.Json.Serialization;
using DataLoad.Engine.Storage;

namespace DataLoad.Host.Api;

/// <summary>Writes <see cref="FactValues"/>.</summary>
internal sealed class FactValuesConverter : JsonConverter<FactValues>
{
    public override FactValues Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Facts are only written.");

    public override void Write(Utf8JsonWriter writer, FactValues value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        for (int i = 0; i < value.Values.Length; i++)
        {
            if (value.AreAmounts[i])
            {
                writer.WriteString(value.Stream.Facts[i].Name, Hundredths.Format(value.Values[i]));
            }
            else
            {
                writer.WriteNumber(value.Stream.Facts[i].Name, value.Values[i]);
            }
        }

        writer.WriteEndObject();
    }
}
