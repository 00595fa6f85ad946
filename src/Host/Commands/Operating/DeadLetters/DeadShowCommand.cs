using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary><c>dataload dead show</c>: one dead letter.</summary>
internal static class DeadShowCommand
{
    private const string Details =
        """
        With its properties, headers and body; needs the operator's token, since a body may name a user.

        Example:
          dataload dead show 0f3c…

        Exit codes: 0 done; 2 there is none of that id, or the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> id = DeadSelection.Id();
        return context.Define("show", "Shows a dead letter with its body.", Details, [id], async (result, operation, cancellationToken) =>
        {
            await operation.ShowAsync<DeadLetterDetails>(NodePath.Of("dead-letters", "messages", result.GetValue(id)!), Render, cancellationToken);
            return ExitCode.Done;
        });
    }

    private static void Render(Display display, DeadLetterDetails letter)
    {
        display.Facts(
        [
            ("id", letter.Id),
            ("stream", letter.Stream),
            ("reason", new Cell(letter.Reason, Tone.Warning)),
            ("error", new Cell(letter.Error, Tone.Warning)),
            ("received", Form.Time(letter.Received)),
            ("queue", letter.Queue ?? "none: no stream of this name"),
            ("message-id", letter.MessageId ?? ""),
            ("content-type", letter.ContentType ?? ""),
            .. (letter.Properties ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(property => (property.Key, (Cell)property.Value)),
            .. (letter.Headers ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(header => ($"header {header.Key}", (Cell)header.Value)),
            (letter.Body is null ? "body (base64)" : "body", letter.Body ?? letter.BodyBase64),
        ]);
    }
}
