using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>The pages, streams and metrics that an engine runs by. <see cref="Default"/> is the contract's; <see cref="With"/> adds a page.</summary>
public sealed class Catalog
{
    private readonly StreamDefinition?[] _streamById = new StreamDefinition?[256];
    private readonly Page?[] _pageById = new Page?[256];

    /// <summary>Makes a catalog and checks that its declarations fit each other.</summary>
    /// <exception cref="CatalogException">A name or id stands twice, or refers to something not declared.</exception>
    public Catalog(ImmutableArray<Page> pages, ImmutableArray<StreamDefinition> streams)
    {
        Pages = pages;
        Streams = streams;
        foreach (Page page in pages)
        {
            if (page.Id == 0 || _pageById[page.Id] is not null)
            {
                throw new CatalogException($"Page '{page.Name}' has id {page.Id}, which is 0 or taken; give it one of its own.");
            }

            _pageById[page.Id] = page;
        }

        foreach (StreamDefinition stream in streams)
        {
            if (stream.Id == 0 || _streamById[stream.Id] is not null)
            {
                throw new CatalogException($"Stream '{stream.Name}' has id {stream.Id}, which is 0 or taken; give it one of its own.");
            }

            _streamById[stream.Id] = stream;
            Check(stream, PageNamed(stream.Page));
        }

        RequireUnique(pages.Select(page => page.Name), "page name");
        RequireUnique(pages.Select(page => page.Table), "table");
        RequireUnique(streams.Select(stream => stream.Name), "stream name");
        RequireUnique(streams.Select(stream => stream.Queue), "queue");
    }

    /// <summary>The pages and streams of the contract.</summary>
    public static Catalog Default { get; } = new([BearPage.Page, ActPage.Page], [.. BearPage.Streams, .. ActPage.Streams]);

    /// <summary>The pages.</summary>
    public ImmutableArray<Page> Pages { get; }

    /// <summary>The streams.</summary>
    public ImmutableArray<StreamDefinition> Streams { get; }

    /// <summary>This catalog with other breakdowns: those of each page, by its name; a page that is not named keeps its own.</summary>
    public Catalog WithBreakdowns(IReadOnlyDictionary<string, ImmutableArray<Breakdown>> breakdowns) => new(
        [.. Pages.Select(page => breakdowns.TryGetValue(page.Name, out ImmutableArray<Breakdown> on) ? page with { Breakdowns = [.. on.Distinct().Order()] } : page)],
        Streams);

    /// <summary>This catalog with the first metrics alone of each page, as many as are given for its name; the others are pending, and streams add nothing to them.
    /// The same catalog where all of them are.</summary>
    public Catalog WithMetrics(IReadOnlyDictionary<string, int> counts)
    {
        ImmutableArray<Page> pages = [.. Pages.Select(page => counts.TryGetValue(page.Name, out int count) && count < page.Metrics.Length
            ? page with { Metrics = page.Metrics[..count], Pending = [.. page.Metrics[count..], .. page.Pending] } : page)];
        return pages.SequenceEqual(Pages) ? this : new Catalog(pages, [.. Streams.Select(stream => stream with
        {
            Contributions = [.. stream.Contributions.Where(contribution => pages.Single(page => string.Equals(page.Name, stream.Page, StringComparison.Ordinal))
                .Metrics.Any(metric => string.Equals(metric.Column, contribution.Column, StringComparison.Ordinal)))],
        })]);
    }

    /// <summary>This catalog and a further page with its streams.</summary>
    /// <exception cref="CatalogException">The additions clash with what is declared.</exception>
    public Catalog With(Page page, params ReadOnlySpan<StreamDefinition> streams) => new(Pages.Add(page), Streams.AddRange(streams));

    /// <summary>The stream of that number, or null.</summary>
    public StreamDefinition? StreamById(byte id) => _streamById[id];

    /// <summary>The page of that number, or null.</summary>
    public Page? PageById(byte id) => _pageById[id];

    /// <summary>The stream of that name, or null.</summary>
    public StreamDefinition? FindStream(string name) => Streams.FirstOrDefault(stream => string.Equals(stream.Name, name, StringComparison.Ordinal));

    /// <summary>The page of that name.</summary>
    /// <exception cref="CatalogException">No such page is declared.</exception>
    public Page PageNamed(string name) =>
        Pages.FirstOrDefault(page => string.Equals(page.Name, name, StringComparison.Ordinal))
        ?? throw new CatalogException($"No page '{name}' is declared; known are {string.Join(", ", Pages.Select(page => page.Name))}.");

    /// <summary>What the members of a page's distinct metric are.</summary>
    /// <param name="page">The page.</param>
    /// <param name="metric">The place of a distinct metric.</param>
    public MemberKind MembersOf(Page page, int metric) => Streams
        .Where(stream => string.Equals(stream.Page, page.Name, StringComparison.Ordinal))
        .SelectMany(stream => stream.Contributions)
        .Any(contribution => contribution.Kind == ContributionKind.FactId && string.Equals(contribution.Column, page.Metrics[metric].Column, StringComparison.Ordinal))
            ? MemberKind.Brands
            : MemberKind.People;

    private static void RequireUnique(IEnumerable<string> names, string what)
    {
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new CatalogException($"The {what} '{twice.Key}' is declared twice.");
        }
    }

    /// <summary>Checks that a stream's declaration refers only to what exists.</summary>
    private static void Check(StreamDefinition stream, Page page)
    {
        for (int i = 0; i < stream.Lookups.Length; i++)
        {
            LookupKey key = stream.Lookups[i].Key;
            bool isFound = key.Source switch
            {
                LookupKeySource.Message => IsField(key.Name),
                LookupKeySource.Data => i > 0 && stream.Lookups[i - 1].IndexOf("data") >= 0,
                _ => i > 0 && stream.Lookups[i - 1].IndexOf(key.Name) >= 0,
            };
            Require(isFound, $"lookup '{stream.Lookups[i].Name}' takes its key from '{key.Name}'");
        }

        foreach (Fact fact in stream.Facts)
        {
            int step = fact.Step is null ? -1 : stream.StepIndex(fact.Step);
            bool isFound = fact.Step is null ? IsField(fact.Source) : step >= 0 && stream.Lookups[step].IndexOf(fact.Source) >= 0;
            Require(isFound, $"fact '{fact.Name}' comes from '{fact.Source}'");
        }

        foreach (Contribution contribution in stream.Contributions)
        {
            Metric metric = page.Metrics[page.IndexOf(contribution.Column)];
            bool isSet = contribution.Kind is ContributionKind.User or ContributionKind.FactId;
            Require(
                isSet == (metric.Kind == MetricKind.Distinct), $"a contribution of kind {contribution.Kind} goes to '{metric.Column}' of kind {metric.Kind}");
            Require(IsFact(contribution.Fact), $"a contribution uses fact '{contribution.Fact}'");
            Require(IsFact(contribution.When?.Fact), $"a condition uses fact '{contribution.When?.Fact}'");
        }

        Require(IsField(stream.BareKey), $"the bare key is '{stream.BareKey}'");
        Require(IsField(stream.ContentIdentityField), $"the content identity is '{stream.ContentIdentityField}'");
        Require(IsField(stream.ChannelTypeFallback), $"channelType falls back to '{stream.ChannelTypeFallback}'");
        Require(IsFact(stream.RestrictedFact), $"the restricted fact is '{stream.RestrictedFact}'");
        Require(stream.BusinessKeyStep < stream.Lookups.Length, $"the business key is that of step {stream.BusinessKeyStep}");

        bool IsField(string? name) => name is null || stream.SlotOf(name) >= 0;

        bool IsFact(string? name) => name is null || stream.FactIndex(name) >= 0;

        void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw new CatalogException($"Stream '{stream.Name}': {what}, which is not declared or does not fit.");
            }
        }
    }
}

/// <summary>A declaration in the catalog contradicts itself: a mistake of the program, not of its input.</summary>
public sealed class CatalogException(string message) : Exception(message);
