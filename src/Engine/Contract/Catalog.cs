using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>
/// The declaration of pages, streams and metrics that an engine runs by. <see cref="Default"/> is the contract's;
/// <see cref="With"/> adds a further page by declaration alone.
/// </summary>
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
            StreamCheck.Check(stream, PageNamed(stream.Page));
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

    /// <summary>This catalog and a further page with its streams.</summary>
    /// <exception cref="CatalogException">The additions clash with what is declared.</exception>
    public Catalog With(Page page, params ReadOnlySpan<StreamDefinition> streams) => new(Pages.Add(page), Streams.AddRange(streams));

    /// <summary>The stream of that number, or null.</summary>
    public StreamDefinition? StreamById(byte id) => _streamById[id];

    /// <summary>The page of that number, or null.</summary>
    public Page? PageById(byte id) => _pageById[id];

    /// <summary>The stream of that name, or null.</summary>
    public StreamDefinition? FindStream(string name) =>
        Streams.FirstOrDefault(stream => string.Equals(stream.Name, name, StringComparison.Ordinal));

    /// <summary>The page of that name.</summary>
    /// <exception cref="CatalogException">No such page is declared.</exception>
    public Page PageNamed(string name) =>
        Pages.FirstOrDefault(page => string.Equals(page.Name, name, StringComparison.Ordinal))
        ?? throw new CatalogException($"No page '{name}' is declared; known are {string.Join(", ", Pages.Select(page => page.Name))}.");

    private static void RequireUnique(IEnumerable<string> names, string what)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (!seen.Add(name))
            {
                throw new CatalogException($"The {what} '{name}' is declared twice.");
            }
        }
    }
}

/// <summary>A declaration in the catalog contradicts itself: a mistake of the program, not of its input.</summary>
public sealed class CatalogException(string message) : Exception(message);
