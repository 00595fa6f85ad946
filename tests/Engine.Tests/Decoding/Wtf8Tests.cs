using System.Text;
using System.Text.RegularExpressions;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Decoding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>Texts that may hold half a character: as they are written, joined, counted, unescaped and shown.</summary>
public sealed class Wtf8Tests
{
    [Theory]
    [InlineData(0x00, "00")]
    [InlineData(0x7F, "7F")]
    [InlineData(0x80, "C280")]
    [InlineData(0x7FF, "DFBF")]
    [InlineData(0x800, "E0A080")]
    [InlineData(0xD800, "EDA080")]
    [InlineData(0xDFFF, "EDBFBF")]
    [InlineData(0xFFFF, "EFBFBF")]
    public void A_unit_has_one_to_three_bytes(int unit, string hex)
    {
        byte[] to = new byte[3];

        int length = Wtf8.WriteUnit(unit, to);

        Convert.ToHexString(to.AsSpan(0, length)).ShouldBe(hex);
    }

    [Theory]
    [InlineData("")]
    [InlineData("会话 🐻")]
    [InlineData(@"\uD800")]
    [InlineData(@"\uDFFFb")]
    [InlineData(@"a\uD83D")]
    [InlineData(@"\uD7FF\uDBC5\uD801b会\uDC3Fc")]
    public void A_text_comes_back_with_its_halves_as_they_were(string escaped)
    {
        // Escaped, since an attribute holds no half a character.
        string text = Regex.Unescape(escaped);
        byte[] bytes = new byte[3 * text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            length += isPair ? Encoding.UTF8.GetBytes(text, i, 2, bytes, length) : Wtf8.WriteUnit(text[i], bytes.AsSpan(length));
            i += isPair ? 1 : 0;
        }

        Wtf8.ToText(bytes.AsSpan(0, length)).ShouldBe(text);
    }

    [Theory]
    [InlineData(0x10000)]
    [InlineData(0x103FF)]
    [InlineData(0x1F600)]
    [InlineData(0x2FFFF)]
    [InlineData(0x100000)]
    [InlineData(0x10FC00)]
    [InlineData(0x10FFFF)]
    public void A_pair_of_halves_becomes_the_four_bytes_of_UTF_8(int rune)
    {
        string text = char.ConvertFromUtf32(rune);
        byte[] halves = [(byte)'a', .. Unit(text[0]), .. Unit(text[1]), .. Unit(text[1]), (byte)'z'];

        int length = Wtf8.JoinPairs(halves);

        halves[..length].ShouldBe([(byte)'a', .. Encoding.UTF8.GetBytes(text), .. Unit(text[1]), (byte)'z']);
    }

    [Theory]
    [InlineData("EDA080")]
    [InlineData("EDA080EDA080")]
    [InlineData("EDB080EDA080")]
    [InlineData("ED9FBFEDB080")]
    [InlineData("EDA080EDAFBF")]
    [InlineData("EDA080EEB080")]
    [InlineData("EDA080EDB0")]
    public void What_is_no_pair_stays_as_it_is(string hex)
    {
        byte[] text = Convert.FromHexString(hex);

        Wtf8.JoinPairs(text).ShouldBe(text.Length);

        Convert.ToHexString(text).ShouldBe(hex);
    }

    [Theory]
    [InlineData("", false, 0)]
    [InlineData("61", false, 1)]
    [InlineData("ED9FBF", false, 1)]
    [InlineData("EDA080", true, 1)]
    [InlineData("61EDBFBF", true, 2)]
    [InlineData("ED9FBFEDA080", true, 2)]
    [InlineData("E4B8ADC3A9F09F988061", false, 4)]
    [InlineData("ED", false, 1)]
    [InlineData("ED9F80ED", false, 2)]
    public void A_half_is_found_and_counts_as_one_character(string hex, bool hasSurrogate, int count)
    {
        byte[] text = Convert.FromHexString(hex);

        (Wtf8.HasSurrogate(text), Wtf8.CountCodePoints(text)).ShouldBe((hasSurrogate, count));
    }

    [Theory]
    [InlineData("\\n\\t\\r\\b\\f\\/\\\\\\\"", "0A090D080C2F5C22")]
    [InlineData("a\\u0041b", "614162")]
    [InlineData("\\u00e9\\u00E9", "C3A9C3A9")]
    [InlineData("\\uabCD", "EAAF8D")]
    [InlineData("\\u0019\\u09aF", "19E0A6AF")]
    [InlineData("\\ud7ff", "ED9FBF")]
    [InlineData("\\ud800", "EDA080")]
    [InlineData("\\udfff", "EDBFBF")]
    [InlineData("\\ue000", "EE8080")]
    [InlineData("\\ud800\\udc00", "F0908080")]
    [InlineData("\\udbff\\udfff!", "F48FBFBF21")]
    [InlineData("plain", "706C61696E")]
    public void Escapes_are_resolved(string raw, string hex)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(raw);
        byte[] to = new byte[utf8.Length];

        int length = JsonText.Unescape(utf8, to);

        Convert.ToHexString(to.AsSpan(0, length)).ShouldBe(hex);
    }

    [Theory]
    [InlineData("C080", "00")]
    [InlineData("C280", "C280")]
    [InlineData("DFBF", "DFBF")]
    [InlineData("E0A080", "E0A080")]
    [InlineData("EFBFBF", "EFBFBF")]
    [InlineData("61C3A9", "61C3A9")]
    [InlineData("EDA0BDEDB880", "F09F9880")]
    public void Javas_text_becomes_the_same_text(string hex, string expected)
    {
        byte[] text = Convert.FromHexString(hex);
        byte[] to = new byte[text.Length];

        ModifiedUtf8.TryDecode(text, to, out int length).ShouldBeTrue();

        Convert.ToHexString(to.AsSpan(0, length)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("00", 0)]
    [InlineData("6180", 1)]
    [InlineData("61C1BF", 1)]
    [InlineData("C3A9E09FBF", 2)]
    [InlineData("E4B8ADE4B8", 3)]
    [InlineData("E4C3A9", 0)]
    [InlineData("6161C3", 2)]
    [InlineData("F09F9880", 0)]
    public void Text_that_Java_does_not_write_is_malformed_at_its_first_bad_byte(string hex, int at)
    {
        byte[] text = Convert.FromHexString(hex);

        ModifiedUtf8.TryDecode(text, new byte[text.Length], out int bad).ShouldBeFalse();

        bad.ShouldBe(at);
    }

    [Theory]
    [InlineData("61E4B8AD", "a中")]
    [InlineData("61FF62", "a\\xFFb")]
    [InlineData("E4B8", "\\xE4\\xB8")]
    [InlineData("EDA080", "\\uD800")]
    [InlineData("EDBFBF78", "\\uDFFFx")]
    [InlineData("EDAFBF", "\\uDBFF")]
    [InlineData("EDA07F", "\\xED\\xA0\\u007F")]
    [InlineData("EDA0C0", "\\xED\\xA0\\xC0")]
    [InlineData("EDA0", "\\xED\\xA0")]
    [InlineData("EDC080", "\\xED\\xC0\\x80")]
    [InlineData("000A1F7F", "\\u0000\\u000A\\u001F\\u007F")]
    [InlineData("E280AEE280A8E280A9", "\\u202E\\u2028\\u2029")]
    [InlineData("C2A0", "\u00a0")]
    public void A_foreign_text_is_shown_with_nothing_invisible_in_it(string hex, string shown) =>
        Excerpt.Of(Convert.FromHexString(hex)).ShouldBe(shown);

    [Theory]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(5000)]
    public void Of_a_foreign_text_sixty_characters_are_shown(int length)
    {
        string text = new('中', length);
        string expected = length > 60 ? new string('中', 60) + "…" : text;

        Excerpt.Of(text).ShouldBe(expected);
        Excerpt.Of(Encoding.UTF8.GetBytes(text)).ShouldBe(expected);
        Excerpt.Of(text, 10).ShouldBe(new string('中', 10) + "…");
    }

    private static byte[] Unit(char unit)
    {
        byte[] bytes = new byte[3];
        return bytes[..Wtf8.WriteUnit(unit, bytes)];
    }
}
