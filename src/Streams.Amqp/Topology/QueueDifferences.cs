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

    /// <summary>Why the queue cannot keep what its source promises, or null.</summary>
    public string? Unfit
    {
        get
        {
            string? type = Queue.Arguments.GetValueOrDefault("x-queue-type") as string;
            string? overflow = Queue.Arguments.GetValueOrDefault("x-overflow") as string;
            bool isLimited = Queue.Arguments.ContainsKey("x-max-length") || Queue.Arguments.ContainsKey("x-max-length-bytes");
            return type is "stream" ? "a stream keeps what is acknowledged and gives it again"
                : Queue.IsAutoDelete ? "it is auto-deleted: it vanishes with its last consumer, and what it holds"
                : Queue.IsExclusive ? "it is exclusive: it vanishes with the connection that declared it"
                : isLimited && !(overflow?.StartsWith("reject-publish", StringComparison.Ordinal) ?? false) ? "it drops messages when it is full"
                : null;
        }
    }

    /// <summary>Takes a refusal in.</summary>
    /// <returns>False where it says nothing new.</returns>
    public bool Learn(string refusal)
    {
        Match match = Inequivalent().Match(refusal);
        string name = match.Groups["name"].Value;
        if (!match.Success || !_known.Add(name))
        {
            return false;
        }

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
                if (match.Groups["value"].Success)
                {
                    arguments[name] = long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
                        : bool.TryParse(value, out bool flag) ? flag
                        : value;
                }

                Queue = Queue with { Arguments = arguments };
                break;
        }

        return true;
    }

    // "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received none but current is the value 'stream' of type 'longstr'"
    [GeneratedRegex(
        "inequivalent arg '(?<name>[^']+)'.* but current is (none|(the value )?'(?<value>[^']*)')",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inequivalent();
}
