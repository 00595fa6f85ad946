using System.Text;
using System.Text.Unicode;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Counting;

/// <summary>A Counter broken down by one thing: a part for each value that its events have. Belongs to its Counter; not thread-safe.</summary>
public sealed class CounterBreakdown
{
    // Its set of parts and its lists, while they are empty.
    private const int OwnBytes = 320;

    private readonly HashSet<CounterPart> _parts = new(PartComparer.Instance);
    private readonly HashSet<CounterPart>.AlternateLookup<PartKey> _byKey;
    private readonly List<PartPage> _pages = [];
    private readonly List<CounterPart> _changed = [];
    private readonly List<PartPage> _changedPages = [];
    private Func<CounterPart, long>? _limitOf;
    private Action<CounterPart>? _leftOut;

    internal CounterBreakdown(Breakdown breakdown, int firstPage = 0)
    {
        (Breakdown, FirstPage) = (breakdown, firstPage);
        _byKey = _parts.GetAlternateLookup<PartKey>();
    }

    /// <summary>By what it is broken down.</summary>
    public Breakdown Breakdown { get; }

    /// <summary>The parts, in no order.</summary>
    public IReadOnlyCollection<CounterPart> Parts => _parts;

    /// <summary>On which pages its parts are stored.</summary>
    internal PartPages StoredPages => new(Breakdown, FirstPage, _pages.Count);

    /// <summary>The number of its first page. A state that takes another's place stands on pages behind that one's: whoever reads those one by one finds them as
    /// they were, or gone.</summary>
    internal int FirstPage { get; private set; }

    /// <summary>An estimate of the managed memory held, in bytes.</summary>
    internal long ResidentBytes
    {
        get
        {
            long bytes = OwnBytes;
            foreach (PartPage page in _pages)
            {
                bytes += page.ResidentBytes;
            }

            return bytes;
        }
    }

    /// <summary>Says up to which SequenceNr the parts take events in, those that are there and those to come, and who is told of a part for each event that it
    /// does not.</summary>
    internal void Limit(Func<CounterPart, long> limitOf, Action<CounterPart> leftOut)
    {
        (_limitOf, _leftOut) = (limitOf, leftOut);
        foreach (CounterPart part in _parts)
        {
            part.LastSequenceNr = limitOf(part);
        }
    }

    /// <summary>The part of a value, or null.</summary>
    public CounterPart? Find(BreakdownValue value) =>
        _byKey.TryGetValue(new PartKey(Encoding.UTF8.GetBytes(value.Text), value.Id), out CounterPart? part) ? part : null;

    /// <summary>The part that an event of a SequenceNr is to be added to; null where that holds it already.</summary>
    internal CounterPart? PartToAddTo(BusinessEvent @event, long sequenceNr)
    {
        CounterPart part = PartOf(@event, sequenceNr);
        if (sequenceNr <= part.Page.LoadedSequenceNr || sequenceNr > part.LastSequenceNr)
        {
            if (sequenceNr > part.LastSequenceNr)
            {
                _leftOut?.Invoke(part);
            }

            return null;
        }

        part.SequenceNr = sequenceNr;
        Changed(part);
        return part;
    }

    /// <summary>Takes the parts whose rows are to be written, up to so many.</summary>
    internal IEnumerable<CounterPart> TakeChanged(int most)
    {
        int count = Math.Min(most, _changed.Count);
        List<CounterPart> taken = _changed.GetRange(_changed.Count - count, count);
        _changed.RemoveRange(_changed.Count - count, count);
        taken.ForEach(part => part.IsChanged = false);
        return taken;
    }

    /// <summary>Whether there are parts whose rows are to be written.</summary>
    internal bool HasChanged => _changed.Count > 0;

    /// <summary>Takes the pages that are to be saved.</summary>
    internal List<PartPage> TakeChangedPages()
    {
        List<PartPage> taken = [.. _changedPages];
        _changedPages.Clear();
        taken.ForEach(page => page.IsChanged = false);
        return taken;
    }

    /// <summary>All pages, to be stored whole.</summary>
    internal IReadOnlyList<PartPage> Pages => _pages;

    /// <summary>Takes a stored page in; its rows that hold beyond a SequenceNr are to be written again.</summary>
    internal void AddPage(PartPage page, long flushedSequenceNr)
    {
        if (page.Number != StoredPages.End)
        {
            throw new InvalidDataException($"page {StoredPages.End} of its parts by {Breakdown.Name()} is missing");
        }

        _pages.Add(page);
        foreach (CounterPart part in page.Parts)
        {
            if (!_parts.Add(part))
            {
                throw new InvalidDataException($"the value '{part.ValueOf(Breakdown)}' is on two pages");
            }

            if (part.SequenceNr > flushedSequenceNr)
            {
                part.IsChanged = true;
                _changed.Add(part);
            }
        }
    }

    /// <summary>Puts its pages behind others.</summary>
    internal void BeginAt(int firstPage)
    {
        FirstPage = firstPage;
        for (int i = 0; i < _pages.Count; i++)
        {
            _pages[i].Number = firstPage + i;
        }
    }

    /// <summary>Makes all of it to be written and saved anew.</summary>
    internal void MarkAllChanged()
    {
        foreach (CounterPart part in _parts)
        {
            Changed(part);
        }
    }

    private void Changed(CounterPart part)
    {
        if (!part.IsChanged)
        {
            part.IsChanged = true;
            _changed.Add(part);
        }

        if (!part.Page.IsChanged)
        {
            part.Page.IsChanged = true;
            _changedPages.Add(part.Page);
        }
    }

    private CounterPart PartOf(BusinessEvent @event, long sequenceNr)
    {
        ReadOnlySpan<byte> text = @event.Text(Breakdown switch
        {
            Breakdown.Parent => EventText.ParentTopicType,
            Breakdown.Channel => EventText.ChannelType,
            _ => EventText.QrCode,
        });
        int id = Breakdown == Breakdown.Parent ? @event.ParentTopicId ?? 0 : 0;

        // A text that a column holds as it is needs no mending, and no memory.
        if (text.Length > Breakdown.MaxCharacters() || text.Contains((byte)0) || !Utf8.IsValid(text))
        {
            text = Encoding.UTF8.GetBytes(BreakdownValue.Of(Breakdown, @event).Text);
        }

        return _byKey.TryGetValue(new PartKey(text, id), out CounterPart? part) ? part : AddPart(text, id, sequenceNr);
    }

    /// <summary>A value that no stored page has goes to one that does not claim to hold its event already.</summary>
    private CounterPart AddPart(ReadOnlySpan<byte> text, int id, long sequenceNr)
    {
        if (_pages.Count == 0 || _pages[^1].Parts.Count >= PartPage.MaxParts || _pages[^1].LoadedSequenceNr >= sequenceNr)
        {
            _pages.Add(new PartPage(StoredPages.End));
        }

        CounterPart part = _pages[^1].Add(text, id);
        part.LastSequenceNr = _limitOf?.Invoke(part) ?? long.MaxValue;
        _parts.Add(part);
        return part;
    }

    private readonly ref struct PartKey(ReadOnlySpan<byte> text, int id)
    {
        public ReadOnlySpan<byte> Text { get; } = text;
        public int Id { get; } = id;
    }

    /// <summary>Parts by their values.</summary>
    private sealed class PartComparer : IEqualityComparer<CounterPart>, IAlternateEqualityComparer<PartKey, CounterPart>
    {
        public static readonly PartComparer Instance = new();

        public bool Equals(CounterPart? x, CounterPart? y) => ReferenceEquals(x, y) || (x!.Id == y!.Id && x.Text.SequenceEqual(y.Text));
        public int GetHashCode(CounterPart part) => Hash(part.Text, part.Id);
        public bool Equals(PartKey key, CounterPart part) => key.Id == part.Id && key.Text.SequenceEqual(part.Text);
        public int GetHashCode(PartKey key) => Hash(key.Text, key.Id);
        public CounterPart Create(PartKey key) => throw new NotSupportedException("A part is made on its page.");

        private static int Hash(ReadOnlySpan<byte> text, int id)
        {
            var hash = new HashCode();
            hash.AddBytes(text);
            hash.Add(id);
            return hash.ToHashCode();
        }
    }
}
