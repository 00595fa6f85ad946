using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload tail</c>: events as they are counted.</summary>
internal static class TailCommand
{
    private const string Details =
        """
        An event a line: time, stream, topic, day, shard/SequenceNr.index, identity, facts. What comes faster than --rate is not
        shown, and how many those were is said. Users and sessions are shown with --users alone, which needs the
        operator's token and is written to the audit log. Ctrl-C ends it.

        Examples:
          dataload tail
          dataload tail --stream act.buy --rate 10
          dataload tail --topic activity:7 --json
          dataload tail --count 1 --users

        Exit codes: 0 done; 2 the node could not be asked, or is gone.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<string?> stream = Completions.Stream("This stream alone.");
        Option<TopicArgument?> topic = Completions.Topic("This topic alone, as in --topic activity:7.");
        Option<int> rate = WholeNumber.Option("--rate", "N", "How many events a second at the most, 1 to 1000.", 1, 1000, 50);
        Option<bool> users = new("--users") { Description = "Shows users and sessions too." };
        Option<int> count = WholeNumber.Option("--count", "N", "Ends after so many events; 0 never.", 0, 1_000_000_000, 0);
        return context.Define("tail", "Shows events as they are counted.", Details, [stream, topic, rate, users, count],
            async (result, operation, cancellationToken) =>
        {
            TopicArgument? wanted = result.GetValue(topic);
            string path = NodePath.With(NodePath.Of("tail"), ("stream", result.GetValue(stream)), ("type", wanted?.Type), ("id", wanted?.Id),
                ("rate", result.GetValue(rate)), ("users", result.GetValue(users)));
            try
            {
                return await WatchAsync(operation, path, result.GetValue(count), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The caller has seen enough.
                return ExitCode.Done;
            }
        });
    }

    private static async Task<int> WatchAsync(Operation operation, string path, int count, CancellationToken cancellationToken)
    {
        int shown = 0;
        await foreach (NodeEvent one in operation.Node.WatchAsync(path, cancellationToken))
        {
            switch (one.Name)
            {
                case "counted" when operation.IsJson:
                    await operation.Output.WriteLineAsync(one.Data.Json);
                    await operation.Output.FlushAsync(cancellationToken);
                    break;
                case "counted":
                    operation.Display.Row(CountedRow.Of(one.Data.As<CountedEvent>()));
                    operation.Display.Show();
                    break;
                case "dropped" when !operation.IsJson:
                    operation.Display.Line($"… {one.Data.As<DroppedEvents>().Count} more were not shown", Tone.Faint);
                    operation.Display.Show();
                    break;
            }

            if (string.Equals(one.Name, "counted", StringComparison.Ordinal) && ++shown == count)
            {
                return ExitCode.Done;
            }
        }

        throw new NodeException("The node has stopped.");
    }
}
