using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Host.Api;

/// <summary>Turns the entries of journal blocks into what the API shows. Not thread-safe.</summary>
internal sealed class EntryReader(Catalog catalog, bool users)
{
    private readonly BlockDecoder _reader = new(catalog) { WithTexts = true, WithIdentities = users };
    private readonly Dictionary<StreamDefinition, bool[]> _amounts = [];

    /// <summary>The place of the entry in its block, from 0.</summary>
    public int Index { get; private set; }

    public void Open(PersistedBlock block)
    {
        _reader.Open(block.Partition, block.SequenceNr, block.Block);
        Index = -1;
    }

    public bool Next()
    {
        Index++;
        return _reader.Next();
    }

    public BusinessEvent Event => _reader.Event;

    public long SequenceNr => _reader.SequenceNr;

    /// <summary>The entry as it is shown.</summary>
    public CountedEvent Show(int shard)
    {
        BusinessEvent e = _reader.Event;
        return new CountedEvent
        {
            Shard = shard,
            SequenceNr = _reader.SequenceNr,
            Index = Index,
            JournaledAt = _reader.JournaledAtMs,
            Stream = e.Stream.Name,
            Type = e.Topic.Type,
            Id = e.Topic.Id,
            Day = DateOnly.FromDayNumber(e.Day),
            Time = e.TimeMs,
            Identity = e.Identity.Kind switch
            {
                IdentityKind.Key => "key",
                IdentityKind.Hash => "hash",
                IdentityKind.Content => "content",
                _ => "none",
            },
            ChannelType = Text(e, EventText.ChannelType),
            QrCode = Text(e, EventText.QrCode),
            ParentType = Text(e, EventText.ParentTopicType),
            ParentId = e.ParentTopicId,
            Facts = FactsOf(e),
            UserId = users ? e.WuId : null,
            Session = users ? Text(e, EventText.SessionStr) ?? "" : null,
            BusinessKey = users && e.Identity.Kind == IdentityKind.Key ? (long)e.Identity.Value : null,
        };
    }

    private static string? Text(BusinessEvent e, int text) => e.Text(text) is { Length: > 0 } utf8 ? Encoding.UTF8.GetString(utf8) : null;

    private NamedValues FactsOf(BusinessEvent e)
    {
        bool[] amounts = AmountsOf(e.Stream);
        return new NamedValues([.. e.Stream.Facts.Select((fact, i) => new NamedValues.Entry(fact.Name, e.Facts[i], amounts[i]))]);
    }

    /// <summary>A fact is an amount where it is added to a metric that is one.</summary>
    private bool[] AmountsOf(StreamDefinition stream)
    {
        if (!_amounts.TryGetValue(stream, out bool[]? amounts))
        {
            Page page = catalog.PageNamed(stream.Page);
            amounts = [.. stream.Facts.Select(fact => stream.Contributions.Any(added =>
                string.Equals(added.Fact, fact.Name, StringComparison.Ordinal) && page.Metrics[page.IndexOf(added.Column)].Kind == MetricKind.Amount))];
            _amounts.Add(stream, amounts);
        }

        return amounts;
    }
}
