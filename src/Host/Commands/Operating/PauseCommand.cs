using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload pause</c> and <c>dataload resume</c>: whether a stream is consumed.</summary>
internal static class PauseCommand
{
    private const string PauseDetails =
        """
        Its messages wait in their queue, and what the node has not taken in hand goes back there. The other streams go on.
        A pause survives restarts, until 'dataload resume'. It is written to the audit log.

        Example:
          dataload pause act.buy

        Exit codes: 0 done; 2 it could not be done.
        """;

    private const string ResumeDetails =
        """
        Takes a pause back; the queue's messages are counted as if there had been none.

        Example:
          dataload resume act.buy

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command CreatePause(OperatingContext context) => Create(context, "pause", "Stops consuming a stream until it is resumed.", PauseDetails);

    public static Command CreateResume(OperatingContext context) => Create(context, "resume", "Consumes a stream again that was paused.", ResumeDetails);

    private static Command Create(OperatingContext context, string name, string summary, string details)
    {
        Argument<string?> stream = Completions.StreamArgument("The stream, such as act.buy.", isRequired: true);
        return context.Define(name, summary, details, [stream], async (result, operation, cancellationToken) =>
        {
            await operation.DoAsync<StreamDetails>(
                HttpMethod.Post,
                NodePath.Of("streams", result.GetValue(stream)!, name),
                body: null,
                (display, answer) => display.Line($"{answer.Name} {(answer.Paused ? "is paused" : "is consumed again")}.", answer.Paused ? Tone.Warning
                    : Tone.Good),
                cancellationToken);
            return ExitCode.Done;
        });
    }
}
