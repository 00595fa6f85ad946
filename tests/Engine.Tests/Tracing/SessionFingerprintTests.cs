using System.Globalization;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tracing;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Tracing;

public sealed class SessionFingerprintTests
{
    [Theory]
    [InlineData("s", 13769084)]
    [InlineData("0123456789abcdef", 26668553)]
    [InlineData("会话", 43945202)]
    public void Known_answers_do_not_change_since_segments_keep_them(string session, uint fingerprint) =>
        SessionFingerprint.OfText(SessionFingerprint.TextOf(session)).ShouldBe(fingerprint);

    [Fact]
    public void Those_of_a_payload_are_those_of_its_session()
    {
        var events = new RandomEvents(3);
        var writer = new ByteWriter();
        var @event = new BusinessEvent();
        for (int i = 0; i < 500; i++)
        {
            EventSpec spec = events.Next();
            writer.Clear();
            EntryWriter.Write(writer, spec.Fill(@event));
            byte[] text = SessionFingerprint.TextOf(spec.Texts[EventText.SessionStr]);
            SessionFingerprint.TextOf(writer.Written).ToArray().ShouldBe(text);
            SessionFingerprint.OfPayload(writer.Written).ShouldBe(SessionFingerprint.OfText(text));
        }
    }

    [Theory]
    [InlineData("d", 1)]
    [InlineData("x16", 1)]
    [InlineData("x16", 7_046_029_254_386_353)]
    [InlineData("x8", 1 << 20)]
    public void Sessions_that_are_numbers_in_a_row_are_spread_as_evenly_as_random_ones(string format, long step)
    {
        const int Count = 1 << 20;
        uint[] prints = [.. Enumerable.Range(1, Count).Select(i =>
            SessionFingerprint.OfText(SessionFingerprint.TextOf((i * step).ToString(format, CultureInfo.InvariantCulture))))];

        // Of so many random ones about 8,150 share theirs with one before; and pages hold even parts.
        (Count - prints.Distinct().Count()).ShouldBeLessThan(8_900);
        int[] pages = new int[128];
        Array.ForEach(prints, print => pages[print >> (SessionFingerprint.Bits - 7)]++);
        pages.Max().ShouldBeLessThan(8192 + 500);
    }

    [Fact]
    public void A_payload_that_is_cut_off_is_refused()
    {
        var writer = new ByteWriter();
        EntryWriter.Write(writer, new RandomEvents(1).Next().Fill(new BusinessEvent()));
        for (int length = 0; length < 3; length++)
        {
            byte[] cut = writer.Written[..length].ToArray();
            Should.Throw<InvalidDataException>(() => SessionFingerprint.OfPayload(cut));
        }
    }
}
