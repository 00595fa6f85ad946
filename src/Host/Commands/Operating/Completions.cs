using System.CommandLine;
using DataLoad.Engine.Contract;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Arguments and options that several commands have, with what completes them. The node has the last word on what exists.</summary>
internal static class Completions
{
    private static string[] Streams => [.. Catalog.Default.Streams.Select(stream => stream.Name)];

    private static string[] Pages => [.. Catalog.Default.Pages.Select(page => page.Name)];

    /// <summary>The argument STREAM.</summary>
    public static Argument<string?> StreamArgument(string description, bool isRequired)
    {
        var argument = new Argument<string?>("STREAM")
        {
            Description = description,
            HelpName = "STREAM",
            Arity = isRequired ? ArgumentArity.ExactlyOne
            : ArgumentArity.ZeroOrOne
        };
        argument.CompletionSources.Add(Streams);
        return argument;
    }

    /// <summary>The option <c>--stream</c>.</summary>
    public static Option<string?> Stream(string description) =>
        With(new Option<string?>("--stream") { Description = description, HelpName = "STREAM" }, Streams);

    /// <summary>The option <c>--page</c>.</summary>
    public static Option<string?> Page(string description) => With(new Option<string?>("--page") { Description = description, HelpName = "PAGE" }, Pages);

    /// <summary>An option that names a metric.</summary>
    public static Option<string?> Metric(string name, string helpName, string description) => With(
        new Option<string?>(name) { Description = description, HelpName = helpName },
        [.. Catalog.Default.Pages.SelectMany(page => page.Metrics).Select(metric => metric.Column).Distinct(StringComparer.Ordinal)]);

    /// <summary>An option with a text.</summary>
    public static Option<string?> Text(string name, string helpName, string description, params string[] known) =>
        With(new Option<string?>(name) { Description = description, HelpName = helpName }, known);

    /// <summary>The option <c>--topic</c>.</summary>
    public static Option<TopicArgument?> Topic(string description) => new("--topic")
    {
        Description = description,
        HelpName = TopicArgument.Form,
        CustomParser = TopicArgument.Parse,
    };

    private static Option<string?> With(Option<string?> option, string[] known)
    {
        option.CompletionSources.Add(known);
        return option;
    }
}
