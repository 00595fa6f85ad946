using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Resolving;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Sending;

/// <summary>Makes resolved events of generated ones, as decoding and resolving would.</summary>
internal sealed class EventMaker(TimeZoneInfo zone)
{
    private readonly DayZone _zone = new(zone);
    private readonly IdentityHasher _hasher = new();
    private readonly BusinessEvent _event = new();

    /// <summary>Makes an event; it is overwritten by the next one.</summary>
    /// <param name="generated">What happened.</param>
    /// <param name="receivedMs">When its message was received.</param>
    /// <param name="delivery">What the delivery is known by, for an event without identity.</param>
    public BusinessEvent Make(GeneratedEvent generated, long receivedMs, string delivery)
    {
        StreamDefinition stream = Catalog.Default.Streams.First(one => string.Equals(one.Name, generated.Stream, StringComparison.Ordinal));
        _event.Reset(stream);
        _event.Topic = new TopicKey(generated.TopicType, generated.TopicId);
        _event.TimeMs = generated.TimeMs ?? receivedMs;
        _event.Day = _zone.DayOf(_event.TimeMs);
        _event.WuId = generated.WuId;
        _event.SetText(EventText.SessionStr, Encoding.UTF8.GetBytes(generated.Marker));
        for (int i = 0; i < stream.Facts.Length; i++)
        {
            _event.SetFact(i, generated.Numbers.GetValueOrDefault(stream.Facts[i].Name));
        }

        _event.Identity = IdentityOf(generated, delivery);
        return _event;
    }

    private EventId IdentityOf(GeneratedEvent generated, string delivery)
    {
        if (StreamFacts.Of(generated.Stream).HasKey)
        {
            return EventId.Key(generated.Key);
        }

        return generated.MessageId is null && generated.MessageTimeMs is not null && IdentityHasher.EventHoldsContent(_event.Stream)
            ? new EventId(IdentityKind.Content, _hasher.OfContent(_event))
            : new EventId(IdentityKind.Hash, HashOf(generated.Identity ?? string.Create(CultureInfo.InvariantCulture, $"{generated.Stream}|{delivery}")));
    }

    private static UInt128 HashOf(string text)
    {
        ulong hash = StableHash.Of(text);
        return new UInt128(StableHash.Mix(hash), StableHash.Mix(hash ^ 0x5DEECE66DUL));
    }
}
