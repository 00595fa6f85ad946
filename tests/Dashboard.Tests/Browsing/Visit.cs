using System.Collections.Concurrent;
using Microsoft.Playwright;
using Shouldly;

namespace DataLoad.Dashboard.Tests.Browsing;

/// <summary>A tab on a node, and all that went wrong in it.</summary>
internal sealed class Visit : IAsyncDisposable
{
    /// <summary>How long anything may take on a busy machine; nothing waits that long where it goes well.</summary>
    public const int PatienceMs = 60_000;

    private const string WatchViolations =
        "document.addEventListener('securitypolicyviolation', event => console.error('policy violated: ' + event.violatedDirective + ' ' + event.blockedURI));";

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _faults = new();

    private Visit(IBrowserContext context, IPage page, Uri address)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            // A refused login is an answer, which Chromium lists as an error.
            if (string.Equals(message.Type, "error", StringComparison.Ordinal) && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _faults.Enqueue(message.Text);
            }
        };
        page.PageError += (_, error) => _faults.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("blob:" + address, StringComparison.Ordinal))
            {
                _faults.Enqueue($"a request left the node: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Opens a path in a fresh profile.</summary>
    public static async Task<Visit> OpenAsync(Chromium chromium, Uri address, string path, string language = "en-GB", ColorScheme scheme = ColorScheme.Light)
    {
        IBrowserContext context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.ToString(),
            Locale = language,
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(PatienceMs);
        await context.AddInitScriptAsync(WatchViolations);
        IPage page = await context.NewPageAsync();
        var visit = new Visit(context, page, address);
        await page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });
        return visit;
    }

    public ILocator Heading => Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Level = 1 });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name, Exact = true });

    /// <summary>Waits until an element's text is this.</summary>
    public static Task ShouldSayAsync(ILocator locator, string text) =>
        Assertions.Expect(locator).ToHaveTextAsync(text, new LocatorAssertionsToHaveTextOptions { Timeout = PatienceMs });

    /// <summary>Waits until elements' texts are these.</summary>
    public static Task ShouldSayAsync(ILocator locator, string[] texts) =>
        Assertions.Expect(locator).ToHaveTextAsync(texts, new LocatorAssertionsToHaveTextOptions { Timeout = PatienceMs });

    /// <summary>Waits until an element's text holds this.</summary>
    public static Task ShouldContainAsync(ILocator locator, string text) =>
        Assertions.Expect(locator).ToContainTextAsync(text, new LocatorAssertionsToContainTextOptions { Timeout = PatienceMs });

    public static Task ShouldBeSeenAsync(ILocator locator) =>
        Assertions.Expect(locator).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = PatienceMs });

    public static Task ShouldHaveFocusAsync(ILocator locator) =>
        Assertions.Expect(locator).ToBeFocusedAsync(new LocatorAssertionsToBeFocusedOptions { Timeout = PatienceMs });

    /// <summary>No script failed, no policy was violated, and nothing was asked of anyone but the node.</summary>
    public void ShouldBeFaultless() => _faults.ShouldBeEmpty();

    public async ValueTask DisposeAsync() => await _context.CloseAsync();
}
