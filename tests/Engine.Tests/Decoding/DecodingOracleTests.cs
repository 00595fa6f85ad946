using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>Random values, written in random ways, are read as what they are.</summary>
public class DecodingOracleTests
{
    private static readonly string[] Characters = ["a", "Z", "0", "\"", "\\", "/", "\n", "\t", "é", "中", "😀", "\u0001", " ", "\u2028"];

    public static TheoryData<string> AllStreams => [.. Catalog.Default.Streams.Select(stream => stream.Name)];

    [Theory]
    [MemberData(nameof(AllStreams))]
    public void Every_writing_of_the_same_values_is_read_as_the_same_fields(string name)
    {
        StreamDefinition stream = StreamDecoder.Stream(name);
        var random = new Random(stream.Id);
        var decoder = new StreamDecoder(name);
        for (int i = 0; i < 600; i++)
        {
            object?[] values = [.. stream.Fields.Select((field, slot) => RandomValue(stream, field, slot, random))];
            for (int writing = 0; writing < 3; writing++)
            {
                string json = Write(stream, values, random);
                byte[] body = Wrap(json, random, out string? type);
                decoder.Decode(body, type).ShouldBeNull(json);
                for (int slot = 0; slot < values.Length; slot++)
                {
                    Check(decoder.Fields, slot, values[slot], json);
                }
            }
        }
    }

    private static void Check(MessageFields fields, int slot, object? value, string json)
    {
        bool says = value is not (null or "") && !(value is 0L && slot is CommonField.WuId or CommonField.Ctime);
        if (fields.Has(slot) != says
            || fields.Integer(slot) != (value as long? ?? 0)
            || !fields.Text(slot).SequenceEqual(Encoding.UTF8.GetBytes(value as string ?? "")))
        {
            fields.Has(slot).ShouldBe(says, $"slot {slot} of {json}");
            fields.Integer(slot).ShouldBe(value as long? ?? 0, $"slot {slot} of {json}");
            Encoding.UTF8.GetString(fields.Text(slot)).ShouldBe(value as string ?? "", $"slot {slot} of {json}");
        }
    }

    private static object? RandomValue(StreamDefinition stream, MessageField field, int slot, Random random)
    {
        bool needed = field.Required || slot is CommonField.SessionStr or CommonField.TopicType or CommonField.TopicId or CommonField.WuId;
        if (!needed && random.Next(4) == 0)
        {
            return null;
        }

        return field.Kind switch
        {
            FieldKind.Text => RandomText(random, needed ? 1 : 0),
            _ when string.Equals(stream.RestrictedFact, field.Name, StringComparison.Ordinal) => stream.AllowedValues[random.Next(stream.AllowedValues.Length)],
            FieldKind.Int64 => random.NextInt64(-1, 3) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.NextInt64(2),
            _ => (long)(random.Next(3) == 0 ? int.MaxValue : random.Next(needed ? 1 : 0, 1 << random.Next(1, 31))),
        };
    }

    private static string RandomText(Random random, int least)
    {
        // Some are numbers, so that they can be written as such.
        return random.Next(4) == 0
            ? random.Next().ToString(CultureInfo.InvariantCulture)
            : string.Concat(Enumerable.Range(0, random.Next(least, 20)).Select(_ => Characters[random.Next(Characters.Length)]));
    }

    private static string Write(StreamDefinition stream, object?[] values, Random random)
    {
        var parts = new List<string>();
        for (int slot = 0; slot < values.Length; slot++)
        {
            string name = Quote(stream.Fields[slot].Name, random, escapes: 20);
            if (values[slot] is { } value)
            {
                parts.Add(name + Space(random) + ":" + Space(random) + WriteValue(value, random));
            }
            else if (random.Next(2) == 0)
            {
                parts.Add(name + ":" + (random.Next(2) == 0 ? "null" : "\"\""));
            }
        }

        if (random.Next(2) == 0)
        {
            parts.Add("\"unknown\":" + (random.Next(3) switch { 0 => "[1,{\"topicId\":2}]", 1 => "true", _ => "\"x\"" }));
        }

        string[] shuffled = [.. parts];
        random.Shuffle(shuffled);
        if (random.Next(3) == 0)
        {
            // An earlier bad value of a field that is said again does not matter.
            int slot = Array.FindIndex(values, value => value is not null);
            shuffled = [$"\"{stream.Fields[slot].Name}\":{(random.Next(2) == 0 ? "false" : "[]")}", .. shuffled];
        }

        return Space(random) + "{" + Space(random) + string.Join(Space(random) + "," + Space(random), shuffled) + Space(random) + "}" + Space(random);
    }

    private static string WriteValue(object value, Random random)
    {
        if (value is long number)
        {
            string digits = number.ToString(CultureInfo.InvariantCulture);
            return random.Next(4) switch
            {
                0 => $"\"{digits}\"",
                1 when number >= 0 => $"\"+{digits}\"",
                2 when number >= 0 => $"\"00{digits}\"",
                _ => digits,
            };
        }

        string text = (string)value;
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
            && string.Equals(parsed.ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
        return isNumber && random.Next(2) == 0 ? text : Quote(text, random, escapes: 4);
    }

    /// <summary>Writes a JSON string, one in so many characters escaped that need not be; none at all in most.</summary>
    private static string Quote(string text, Random random, int escapes)
    {
        bool needless = random.Next(4) == 0;
        var json = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value < 0x20 || (needless && random.Next(escapes) == 0))
            {
                string format = random.Next(2) == 0 ? "x4" : "X4";
                json.AppendJoin("", rune.ToString().Select(unit => "\\u" + ((int)unit).ToString(format, CultureInfo.InvariantCulture)));
            }
            else
            {
                json.Append(rune.Value is '"' or '\\' ? "\\" : "").Append(rune.ToString());
            }
        }

        return json.Append('"').ToString();
    }

    private static string Space(Random random) => random.Next(6) switch { 0 => " ", 1 => "\n\t", 2 => "\r ", _ => "" };

    private static byte[] Wrap(string json, Random random, out string? type)
    {
        type = random.Next(3) switch { 0 => StreamDecoder.Json, 1 => "text/plain", _ => null };
        switch (random.Next(4))
        {
            case 0:
                return Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(json));
            case 1:
                type = random.Next(2) == 0 ? StreamDecoder.Java : null;
                byte[] text = ModifiedUtf8(json);
                return random.Next(2) == 0 ? JavaBodyTests.JavaString(text) : JavaBodyTests.JavaLongString(text);
            case 2:
                return [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(json)];
            default:
                return Encoding.UTF8.GetBytes(json);
        }
    }

    private static byte[] ModifiedUtf8(string text)
    {
        var bytes = new List<byte>();
        foreach (char c in text)
        {
            bytes.AddRange(c switch
            {
                '\0' => [0xC0, 0x80],
                < '\x80' => [(byte)c],
                < '\x800' => [(byte)(0xC0 | (c >> 6)), (byte)(0x80 | (c & 0x3F))],
                _ => new byte[] { (byte)(0xE0 | (c >> 12)), (byte)(0x80 | ((c >> 6) & 0x3F)), (byte)(0x80 | (c & 0x3F)) },
            });
        }

        return [.. bytes];
    }
}
