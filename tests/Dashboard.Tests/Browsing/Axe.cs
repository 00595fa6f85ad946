using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;

namespace DataLoad.Dashboard.Tests.Browsing;

/// <summary>axe-core's rules of WCAG 2.2 A and AA, run in a page.</summary>
internal static class Axe
{
    private static readonly string[] All = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

    private static readonly string[] Colours = ["color-contrast"];

    private const string Run = """
        async rules => (await axe.run(document, { runOnly: rules, resultTypes: ['violations'] }))
            .violations.map(found => found.id + ': ' + found.help + ' ' + found.nodes.slice(0, 3).map(node => node.html + ' ' + (node.any[0]?.message ?? '')).join(' | '))
        """;

    private static readonly Lazy<string> Source = new(() => File.ReadAllText(Path.Combine(Root(), "src/Dashboard/node_modules/axe-core/axe.min.js")));

    public static Task ShouldFindNothingAsync(IPage page) => ShouldFindNothingAsync(page, All);

    /// <summary>The colours alone, where nothing else has changed since the rest was looked at.</summary>
    public static Task ShouldFindNoFaintTextAsync(IPage page) => ShouldFindNothingAsync(page, Colours);

    private static async Task ShouldFindNothingAsync(IPage page, string[] rules)
    {
        await page.EvaluateAsync(Source.Value);
        JsonElement? found = await page.EvaluateAsync(Run, rules);
        found!.Value.EnumerateArray().Select(violation => violation.GetString()).ShouldBeEmpty(page.Url);
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "DataLoad.Actors.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"No DataLoad.Actors.sln above {AppContext.BaseDirectory}.");
    }
}
