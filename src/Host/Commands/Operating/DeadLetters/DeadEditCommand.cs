using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary><c>dataload dead edit</c>: corrects a dead letter's body and requeues it.</summary>
internal static class DeadEditCommand
{
    private const string Details =
        """
        Receipt, message-id, properties and headers stay as they came. The body comes from --body or --body-file (- is
        standard input); without either, $VISUAL or $EDITOR opens on the old one. Written to the audit log.

        Examples:
          dataload dead edit 0f3c… --body '{"recordId":33}'
          dataload dead edit 0f3c… --body-file corrected.json
          dataload dead edit 0f3c…

        Exit codes: 0 done; 1 the body was not changed, or its queue is gone; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> id = DeadSelection.Id();
        Option<string?> body = Completions.Text("--body", "TEXT", "The corrected body.");
        Option<string?> file = Completions.Text("--body-file", "FILE", "A file with the corrected body, taken byte by byte; - is standard input.");
        Option<string?> contentType = Completions.Text("--content-type", "TYPE", "Its new content type; as it was without it.", "application/json",
            "text/plain");
        DetailedCommand command = context.Define("edit", "Corrects a dead letter's body and requeues it.", Details, [id, body, file, contentType],
            async (result, operation, cancellationToken) =>
        {
            string letter = result.GetValue(id)!;
            byte[]? corrected = result.GetValue(body) is { } text ? System.Text.Encoding.UTF8.GetBytes(text)
                : result.GetValue(file) is { } path ? await BodyEditor.ReadAsync(path, cancellationToken)
                : await EditedAsync(operation, letter, cancellationToken);
            if (corrected is null)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync("dataload: the body is as it was, and nothing was done");
                return ExitCode.Found;
            }

            DeadLetterMoveResult move = await operation.DoAsync<DeadLetterMoveResult>(
                HttpMethod.Post,
                NodePath.Of("dead-letters", "messages", letter, "edit"),
                new { bodyBase64 = Convert.ToBase64String(corrected), contentType = result.GetValue(contentType) },
                DeadRequeueCommand.Render,
                cancellationToken);
            return move.Skipped > 0 ? ExitCode.Found : ExitCode.Done;
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(body) is not null && result.GetResult(file) is not null)
            {
                result.AddError("Say --body or --body-file, not both.");
            }
        });
        return command;
    }

    private static async Task<byte[]?> EditedAsync(Operation operation, string id, CancellationToken cancellationToken)
    {
        DeadLetterDetails letter = (await operation.Node.GetAsync(NodePath.Of("dead-letters", "messages", id), cancellationToken)).As<DeadLetterDetails>();
        return await BodyEditor.EditAsync(Convert.FromBase64String(letter.BodyBase64), cancellationToken);
    }
}
