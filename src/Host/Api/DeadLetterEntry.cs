using System.Globalization;
using DataLoad.Engine.DeadLetters;

namespace DataLoad.Host.Api;

/// <summary>A dead letter in a list.</summary>
internal sealed record DeadLetterEntry(string Id, string Stream, string Reason, string Error, long Received, int Bytes, string? ContentType)
{
    public static DeadLetterEntry Of(DeadLetterSummary letter) =>
        new(Show(letter.Id), letter.Stream, letter.Reason, letter.Error, letter.ReceivedMs, letter.Bytes, letter.ContentType);

    public static string Show(UInt128 id) => id.ToString("x32", CultureInfo.InvariantCulture);

    public static UInt128 IdOf(string id) => id.Length == 32 && UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value)
        ? value
        : throw ApiProblem.Bad($"id = {(id.Length <= 100 ? id : id[..100])}: expected 32 hexadecimal digits, as a list shows them.");
}
