using System.Globalization;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;

namespace DataLoad.Host.Commands.Operating;

/// <summary>An event as a row.</summary>
internal static class CountedRow
{
    /// <summary>The heads of the cells.</summary>
    public static IReadOnlyList<Column> Columns => ["time", "stream", "topic", "day", "place", "identity", "facts", "user"];

    /// <summary>The cells.</summary>
    public static Cell[] Of(CountedEvent one) =>
    [
        new(Form.Time(one.Time), Tone.Faint),
        new(one.Stream, Tone.Good),
        $"{one.Type}:{one.Id}",
        Form.Day(one.Day),
        new(string.Create(CultureInfo.InvariantCulture, $"{one.Shard}/{one.SequenceNr}.{one.Index}"), Tone.Faint),
        new(one.Identity ?? "", one.Identity is "none" ? Tone.Warning : Tone.Faint),
        Form.Facts(one.Facts),
        Who(one),
    ];

    private static string Who(CountedEvent one) => string.Join(' ', new[]
    {
        one.UserId is { } user ? string.Create(CultureInfo.InvariantCulture, $"user={user}") : null,
        one.Session is { } session ? $"session={session}" : null,
        one.BusinessKey is { } key ? string.Create(CultureInfo.InvariantCulture, $"key={key}") : null,
    }.OfType<string>());
}
