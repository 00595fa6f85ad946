using System.Globalization;
using System.Text;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Counting;

/// <summary>A value of a breakdown: the part of a cell that the events with it make. One that an event does not have is the empty text, and 0.</summary>
public readonly record struct BreakdownValue
{
    private BreakdownValue(Breakdown breakdown, string text, int id) => (Breakdown, Text, Id) = (breakdown, text, id);

    /// <summary>By what is broken down.</summary>
    public Breakdown Breakdown { get; }

    /// <summary>The parent's type, the channel or the code, as its column holds it: at most 64 or 128 code points, no NUL, no lone surrogate.</summary>
    public string Text { get; }

    /// <summary>The parent's id; 0 for the other breakdowns.</summary>
    public int Id { get; }

    /// <summary>The value that somebody names; its text is cut and mended as an event's is.</summary>
    public static BreakdownValue Of(Breakdown breakdown, string text, int id = 0)
    {
        // Nearly all are short and hold nothing to mend: each row of a part comes through here.
        if (text.Length <= breakdown.MaxCharacters() && !text.AsSpan().Contains('\0') && text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return new BreakdownValue(breakdown, text, id);
        }

        var mended = new StringBuilder();
        int left = breakdown.MaxCharacters();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (left-- == 0)
            {
                break;
            }

            mended.Append((rune.Value == 0 ? Rune.ReplacementChar : rune).ToString());
        }

        return new BreakdownValue(breakdown, mended.ToString(), id);
    }

    /// <summary>The value that an event has.</summary>
    public static BreakdownValue Of(Breakdown breakdown, BusinessEvent @event) => breakdown switch
    {
        Breakdown.Parent => Of(breakdown, Wtf8.ToText(@event.Text(EventText.ParentTopicType)), @event.ParentTopicId ?? 0),
        Breakdown.Channel => Of(breakdown, Wtf8.ToText(@event.Text(EventText.ChannelType))),
        _ => Of(breakdown, Wtf8.ToText(@event.Text(EventText.QrCode))),
    };

    /// <summary>As it is written on a command line: <c>parent=TYPE:ID</c>, <c>channel=TEXT</c>, <c>qr-code=TEXT</c>.</summary>
    public override string ToString() => Breakdown == Breakdown.Parent
        ? string.Create(CultureInfo.InvariantCulture, $"{Breakdown.Name()}={Text}:{Id}")
        : $"{Breakdown.Name()}={Text}";

    /// <summary>Reads what <see cref="ToString"/> writes; a parent's type may hold colons, the last one counts.</summary>
    /// <returns>Null where it is none.</returns>
    public static BreakdownValue? Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || Breakdowns.Find(text[..equals]) is not { } breakdown)
        {
            return null;
        }

        string value = text[(equals + 1)..];
        if (breakdown != Breakdown.Parent)
        {
            return Of(breakdown, value);
        }

        int colon = value.LastIndexOf(':');
        return colon >= 0 && int.TryParse(value.AsSpan(colon + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id)
            ? Of(breakdown, value[..colon], id)
            : null;
    }
}
