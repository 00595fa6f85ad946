using System.Diagnostics;
using System.Text;
using DataLoad.Engine.Tests.Hostile;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>Bodies as large as they may be and made to cost much: read or refused at once, in little memory.</summary>
public sealed class HostileBodyTests
{
    private const int Limit = StreamDecoder.DefaultMaxBodyBytes;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public static TheoryData<string, string, string> Costly => new()
    {
        { "arrays in arrays", "{\"x\":", "[" },
        { "objects in objects", "{\"x\":", "{\"x\":" },
        { "fields without end", "{", "\"qrCode\":\"\"," },
        { "unknown fields without end", "{", "\"\\u0078\":[]," },
        { "escapes", "{\"qrCode\":\"", "\\u00e9" },
        { "half surrogates", "{\"qrCode\":\"", "\\ud83d" },
        { "digits", "{\"wuId\":", "9" },
        { "zeros before digits", "{\"wuId\":\"", "0" },
        { "exponents", "{\"wuId\":1e", "9" },
        { "blanks", "{", " " },
        { "quotes in quotes", "\"", "\\\"" },
        { "backslashes", "\"", "\\\\" },
        { "commas", "{\"x\":[", "," },
        { "high bytes", "{\"qrCode\":\"", "\u07ff" },
        { "NULs", "{\"topicType\":\"", "\0" },
        { "plain digits", "", "3" },
        { "signs", "", "+" },
    };

    [Theory]
    [MemberData(nameof(Costly))]
    public void A_costly_body_is_read_or_refused_at_once(string what, string start, string piece)
    {
        byte[] open = Encoding.UTF8.GetBytes(start + string.Concat(Enumerable.Repeat(piece, (Limit - start.Length) / Encoding.UTF8.GetByteCount(piece))));
        byte[] closed = [.. open.AsSpan(0, Math.Max(0, open.Length - 400)), .. Encoding.UTF8.GetBytes("\":0}]}\"}" + new string('}', 100))];
        var clock = Stopwatch.StartNew();
        foreach (string stream in (string[])["act.share", "act.buy", "act.group", "act.red-pack-expire"])
        {
            var decoder = new StreamDecoder(stream);
            foreach (string? type in (string?[])[StreamDecoder.Json, "text/plain", StreamDecoder.Java, null])
            {
                foreach (byte[] body in (byte[][])[open, closed])
                {
                    decoder.Decode(body, type);

                    // The second time no buffer grows any more: what is left is the refusal.
                    AllocationBound.ShouldHold(body, perByte: 1, () => decoder.Decode(body, type));
                }
            }
        }

        clock.Elapsed.ShouldBeLessThan(Soon, what);
    }

    [Theory]
    [InlineData("application/json", 10_000)]
    [InlineData("/", 10_000)]
    [InlineData("text/plain; charset=", 10_000)]
    [InlineData(";", 10_000)]
    [InlineData("application/json;a=\"", 10_000)]
    public void A_content_type_without_end_is_refused_in_a_short_sentence(string piece, int times)
    {
        var decoder = new StreamDecoder("act.share");
        string type = string.Concat(Enumerable.Repeat(piece, times));

        AllocationBound.ShouldHold(Encoding.UTF8.GetBytes(type), perByte: 32, () => decoder.Decode("{}"u8.ToArray(), type)!.Error.Length.ShouldBeLessThan(400));
    }
}
