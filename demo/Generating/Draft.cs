namespace DataLoad.Demo;

/// <summary>An event before it is written: what its body says, its properties, its rows and its meaning.</summary>
internal sealed class Draft(StreamInfo stream, MeantEvent meant)
{
    public StreamInfo Stream { get; } = stream;

    public MeantEvent Meant { get; set; } = meant;

    /// <summary>The fields of the body besides the key.</summary>
    public List<JsonField> Fields { get; set; } = [];

    /// <summary>The key that the body holds, or null where the stream has none.</summary>
    public int? Key { get; set; }

    /// <summary>The body says something besides its key, so that it cannot be the bare key.</summary>
    public bool SaysMore { get; set; }

    public string? MessageId { get; set; }

    public long? TimestampSeconds { get; set; }

    public List<BusinessRow> Rows { get; } = [];

    /// <summary>The recorded stream's other way to repeat: one more record that names the same key.</summary>
    public Func<(int Key, BusinessRow Row)>? RecordAgain { get; set; }

    /// <summary>Writes the message; each time perhaps in another form, always with the same meaning.</summary>
    public WireMessage Write(Dice dice, int? otherKey = null)
    {
        var key = otherKey ?? Key;
        WireMessage message;
        if (Stream.BareKey && !SaysMore && dice.Chance(0.7))
        {
            message = BodyForms.BareKey(dice, Stream, key!.Value);
        }
        else
        {
            IEnumerable<JsonField> fields = key is { } number ? [JsonField.Int(Stream.KeyField!, number), .. Fields] : Fields;
            message = BodyForms.Object(dice, Stream, BodyForms.JsonText(dice, fields));
        }

        return message with { MessageId = MessageId, TimestampSeconds = TimestampSeconds };
    }
}
