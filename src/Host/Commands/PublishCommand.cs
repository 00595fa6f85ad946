using DataLoad.Host.Commands.Publishing;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload publish</c>: sends an event as the services do.</summary>
internal static class PublishCommand
{
    private const string Details = """
        What the engine would reject is not sent. It is a real event: it counts, and whatever else is bound to the exchange
        gets it too.

        Examples:
          dataload publish act.buy 33                                        a key: the row of mq_operate_record
          dataload publish bear.visit 5 --body-form java                     the same as Spring's default converter writes it
          dataload publish act.share --topic ACTIVITY:7 --user 42            an event that holds all it says
          dataload publish act.group --topic ACTIVITY:7 --user 42 --field joinType=1
          dataload publish act.share --topic ACTIVITY:7 --delay 30s --dry-run

        Without --session each event has a random one, and without --time it happens now, unless a row says so.
        Repeats of a key, a message-id or a content count once.

        Exit codes: 0 the broker has it; 2 it was not sent.
        """;

    public static Command Create(Option<FileInfo[]> config)
    {
        var options = new PublishOptions();
        var command = new DetailedCommand("publish", "Sends an event to a stream's exchange, as the services do.", Details) { config };
        options.AddTo(command);
        return command.Runs(async (result, cancellationToken) =>
        {
            HostSettings settings = result.LoadSettings(config);
            PublishRequest request = options.Read(result);
            int count = result.GetValue(options.Count);
            TextWriter output = result.InvocationConfiguration.Output;
            var composer = new EventComposer(settings.Engine.Intake);

            // The first is judged before anything is sent; the others differ from it in their session alone.
            EventMessage first = composer.Compose(request, TimeProvider.System.GetUtcNow());
            if (result.GetValue(options.DryRun))
            {
                Show(first, output);
                return ExitCode.Done;
            }

            await result.InvocationConfiguration.Error.WriteLineAsync($"dataload: exchange {first.Exchange} may have other subscribers, and they get the "
                + "event too");
            IEnumerable<EventMessage> messages = Enumerable.Range(0, count)
                .Select(i => i == 0 ? first : composer.Compose(request, TimeProvider.System.GetUtcNow()));
            await new EventPublisher(settings.Engine.Amqp.ToConnectionSettings()).PublishAsync(first.Exchange, messages, cancellationToken);
            await output.WriteLineAsync($"{count} published to {first.Exchange}, confirmed by the broker.");
            return ExitCode.Done;
        });
    }

    private static void Show(EventMessage message, TextWriter output)
    {
        bool isText = message.ContentEncoding is not null;
        (string Name, object? Value)[] lines =
        [
            ("exchange", message.Exchange),
            ("content-type", message.ContentType),
            ("content-encoding", message.ContentEncoding),
            ("delivery-mode", "2 (persistent)"),
            ("message-id", message.MessageId),
            ("x-delay", message.DelayMs),
            isText ? ("body", Encoding.UTF8.GetString(message.Body)) : ("body (hex)", Convert.ToHexString(message.Body)),
        ];
        foreach ((string name, object? value) in lines.Where(line => line.Value is not null))
        {
            output.WriteLine($"{name,-18}{value}");
        }
    }
}
