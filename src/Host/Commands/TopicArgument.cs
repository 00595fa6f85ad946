using System.CommandLine.Parsing;
using System.Globalization;

namespace DataLoad.Host.Commands;

/// <summary>A topic as it is written on the command line: <c>TYPE:ID</c>.</summary>
/// <param name="Type">The topic's type.</param>
/// <param name="Id">The topic's id.</param>
internal sealed record TopicArgument(string Type, int Id)
{
    public const string Form = "TYPE:ID";

    /// <summary>Parses an option's value.</summary>
    public static TopicArgument? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (TryParse(text, out TopicArgument? topic))
        {
            return topic;
        }

        result.AddError($"'{text}' is no topic: expected {Form}, such as activity:7.");
        return null;
    }

    /// <summary>Reads a topic; a type may hold colons, the last one counts.</summary>
    public static bool TryParse(string text, out TopicArgument? topic)
    {
        int colon = text.LastIndexOf(':');
        topic = colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            ? new TopicArgument(text[..colon], id)
            : null;
        return topic is not null;
    }
}
