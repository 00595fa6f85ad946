using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>An event as a value, to be made a <see cref="BusinessEvent"/> and compared with one.</summary>
internal sealed record EventSpec(StreamDefinition Stream, TopicKey Topic, long TimeMs, int Day, int WuId, int? ParentTopicId, string[] Texts, long[] Facts, EventId Identity)
{
    public CounterId CounterId => new(Catalog.Default.PageNamed(Stream.Page).Id, Topic, Day);

    public static EventSpec Of(BusinessEvent @event)
    {
        string[] texts = [.. Enumerable.Range(0, TextsOf(@event.Stream)).Select(i => Encoding.UTF8.GetString(@event.Text(i)))];
        return new EventSpec(@event.Stream, @event.Topic, @event.TimeMs, @event.Day, @event.WuId, @event.ParentTopicId, texts, @event.Facts.ToArray(),
            @event.Identity);
    }

    public static int TextsOf(StreamDefinition stream) => EventText.Own + stream.OwnFields.Count(field => field.Kind == FieldKind.Text);

    public BusinessEvent Fill(BusinessEvent @event)
    {
        @event.Reset(Stream);
        @event.Topic = Topic;
        @event.TimeMs = TimeMs;
        @event.Day = Day;
        @event.WuId = WuId;
        @event.ParentTopicId = ParentTopicId;
        @event.Identity = Identity;
        for (int i = 0; i < Texts.Length; i++)
        {
            @event.SetText(i, Encoding.UTF8.GetBytes(Texts[i]));
        }

        for (int i = 0; i < Facts.Length; i++)
        {
            @event.SetFact(i, Facts[i]);
        }

        return @event;
    }

    /// <summary>All that it says, in one line.</summary>
    public override string ToString() =>
        $"{Stream.Name} {Topic} {TimeMs} {Day} u{WuId} p{ParentTopicId} [{string.Join('|', Texts)}] [{string.Join(' ', Facts)}] {Identity.Kind}:{Identity.Value:x}";
}
