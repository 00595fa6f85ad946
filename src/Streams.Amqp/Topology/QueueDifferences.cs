using System.Globalization;
using System.Text.RegularExpressions;

namespace DataLoad.Streams.Amqp;

/// <summary>What a broker's refusals to declare a queue tell of the queue that is there.</summary>
/// <param name="queue">The queue as it is wanted.</param>
internal sealed partial class QueueDifferences(AmqpQueue queue)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>The queue with what is known of it.</summary>
    public AmqpQueue Queue { get; private set; } = queue;

    /// <summary>Whether something differs that the refusals do not tell: their texts end after 255 bytes.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>Takes a refusal in.</summary>
    /// <returns>False where it says nothing new, or not how the queue is.</returns>
    public bool Learn(string refusal)
    {
        Match match = Inequivalent().Match(refusal);
        string name = match.Groups["name"].Value;
        if (!match.Success || !_known.Add(name))
        {
            return false;
        }

        bool isReadable = match.Groups["none"].Success || match.Groups["value"].Success;
        string value = match.Groups["value"].Value;
        bool isSet = string.Equals(value, "true", StringComparison.Ordinal);
        switch (name)
        {
            case "durable": Queue = Queue with { IsDurable = isSet }; break;
            case "exclusive": Queue = Queue with { IsExclusive = isSet }; break;
            case "auto_delete": Queue = Queue with { IsAutoDelete = isSet }; break;
            default:
                var arguments = new Dictionary<string, object?>(Queue.Arguments, StringComparer.Ordinal);
                arguments.Remove(name);
                if (!match.Groups["none"].Success)
                {
                    arguments[name] = match.Groups["type"].Value switch
                    {
                        "longstr" or "" => value,
                        "bool" or "boolean" => isSet,
                        _ => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : value,
                    };
                }

                Queue = Queue with { Arguments = arguments };
                break;
        }

        IsUnreadable = !isReadable;
        return isReadable;
    }

    // "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received none but current is the value 'stream' of type 'longstr'", or "received 'true'
    // but current is 'false'". What is beyond 255 bytes of it is missing.
    [GeneratedRegex(
        "inequivalent arg '(?<name>[^']+)'(.* but current is ((?<none>none)|the value '(?<value>.*)' of type '(?<type>[a-z]+)'|'(?<value>[a-z]*)'))?",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inequivalent();
}
