using DataLoad.Host.Api;
using DataLoad.Host.Commands.Publishing;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload dead …</c>: deliveries that could not be counted.</summary>
internal static class DeadCommand
{
    private const string Details = """
        Example:
          dataload dead list

        Exit codes: 0 done; 1 some were left; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context) => new DetailedCommand("dead", "Shows, requeues, corrects and purges dead letters.", Details)
    {
        DeadListCommand.Create(context),
        DeadShowCommand.Create(context),
        DeadRequeueCommand.Create(context),
        DeadEditCommand.Create(context),
        DeadPurgeCommand.Create(context),
    };
}

/// <summary><c>dataload dead list</c>: dead letters in groups, or one by one.</summary>
internal static class DeadListCommand
{
    private const string Details = """
        Grouped by stream and reason, with counts and ages; one by one, the oldest first, with --messages. Below the groups
        stand those that the broker did not take, which wait in the store and are published again later.

        Examples:
          dataload dead list
          dataload dead list --messages --stream act.buy --reason no-row
          dataload dead list --messages --json | jq -r '.items[].id'

        Exit codes: 0 done; 1 there is no such stream or reason; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<string?> stream = Options.Stream("With --messages: this stream's alone.");
        Option<string?> reason = DeadSelection.Reason("With --messages: those of this reason alone.");
        Option<bool> messages = new("--messages", "-m") { Description = "One by one." };
        Option<int> limit = Options.Number("--limit", "N", "With --messages: how many, 1 to 500.", 1, 500, 50);
        Option<int> offset = Options.Number("--offset", "N", "With --messages: how many to pass over, 0 to 1000000.", 0, 1_000_000, 0);
        return context.Define("list", "Lists dead letters by stream and reason.", Details, [stream, reason, messages, limit, offset, .. context.Tables], run =>
            !run.Get(messages) && run.Get(stream) is null && run.Get(reason) is null
                ? run.ShowAsync<DeadLetterGroups>(NodePath.Of("dead-letters"), RenderGroups)
                : run.ShowAsync<DeadLetterList>(NodePath.With(NodePath.Of("dead-letters", "messages"), ("stream", run.Get(stream)),
                    ("reason", run.Get(reason)), ("limit", run.Get(limit)), ("offset", run.Get(offset))), RenderMessages));
    }

    private static void RenderGroups(Display display, DeadLetterGroups answer)
    {
        display.Table(
            ["stream", "reason", Column.Number("count"), "oldest", "newest", "for example"],
            answer.Groups.Select(group => new Cell[]
            {
                group.Stream, new(group.Reason, Tone.Warning), Cell.Of(group.Count), $"{Form.Age(group.Oldest, answer.At)} ago",
                $"{Form.Age(group.Newest, answer.At)} ago", new(group.Example ?? "", Tone.Faint),
            }));
        display.Remark($"{answer.Total} dead letters{(answer.Complete ? "" : ", of which the oldest were looked at")}");
        if (answer.Waiting is { Count: > 0 } waiting)
        {
            display.Line("Waiting to be published, since the broker did not take them; 'dataload status' says why:", Tone.Warning);
            display.Table(
                ["stream", "reason", display.Clock.Label("received"), Column.Number("bytes"), Column.Number("tries"), display.Clock.Label("again at")],
                waiting.Select(letter => new Cell[] { letter.Stream, new(letter.Reason, Tone.Warning), display.Clock.Time(letter.Received), Cell.Of(letter.Bytes),
                    Cell.Of(letter.Tries), display.Clock.Time(letter.Due) }),
                isFurther: true);
        }
    }

    private static void RenderMessages(Display display, DeadLetterList answer)
    {
        display.Table(
            ["id", "stream", "reason", display.Clock.Label("received"), Column.Number("bytes"), "error"],
            answer.Items.Select(letter => new Cell[] { letter.Id, letter.Stream, new(letter.Reason, Tone.Warning), display.Clock.Time(letter.Received),
                Cell.Of(letter.Bytes), letter.Error }));
        display.Remark($"{answer.Offset + answer.Items.Count} of {answer.Total}");
    }
}

/// <summary><c>dataload dead show</c>: one dead letter.</summary>
internal static class DeadShowCommand
{
    private const string Details = """
        With its properties, headers and body; needs the operator's token, since a body may name a user.

        Example:
          dataload dead show 0f3c…

        Exit codes: 0 done; 1 there is none of that id; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> id = DeadSelection.Id();
        return context.Define("show", "Shows a dead letter with its body.", Details, [id], run =>
            run.ShowAsync<DeadLetterDetails>(NodePath.Of("dead-letters", "messages", run.Get(id)!), Render));
    }

    private static void Render(Display display, DeadLetterDetails letter)
    {
        display.Facts(
        [
            ("id", letter.Id),
            ("stream", letter.Stream),
            ("reason", new Cell(letter.Reason, Tone.Warning)),
            ("error", new Cell(letter.Error, Tone.Warning)),
            (display.Clock.Label("received"), display.Clock.Time(letter.Received)),
            ("queue", letter.Queue ?? "none: no stream of this name"),
            ("message-id", letter.MessageId ?? ""),
            ("content-type", letter.ContentType ?? ""),
            .. (letter.Properties ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(property => (property.Key, (Cell)property.Value)),
            .. (letter.Headers ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(header => ($"header {header.Key}", (Cell)header.Value)),
            (letter.Body is null ? "body (base64)" : "body", letter.Body ?? letter.BodyBase64),
        ]);
    }
}

/// <summary><c>dataload dead requeue</c>: puts dead letters back.</summary>
internal static class DeadRequeueCommand
{
    private const string Details = """
        Puts them into their stream's own queue, through the default exchange: other subscribers of the stream's exchange
        see nothing. Identity and receipt stay, so that nothing counts twice. Those named by id are moved at once, many
        are asked about first. Written to the audit log.

        Examples:
          dataload dead requeue 0f3c…
          dataload dead requeue --stream act.buy --reason no-row
          dataload dead requeue --all --limit 100 --yes

        Exit codes: 0 done; 1 some were left, nothing was confirmed, or there is no such stream or reason; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        var selection = new DeadSelection();
        Option<int?> limit = new("--limit") { Description = "At the most so many, the oldest first.", HelpName = "N" };
        return context.Define("requeue", "Puts dead letters back into their streams' queues.", Details, [.. selection.Symbols, limit], async run =>
        {
            if (await selection.ConfirmAsync(run, "Requeue", run.Get(limit), alwaysAsk: false) is not { } order)
            {
                return ExitCode.Found;
            }

            DeadLetterMoveResult move = await run.DoAsync<DeadLetterMoveResult>(HttpMethod.Post, NodePath.Of("dead-letters", "requeue"),
                order with { Confirm = null }, Render);
            return move.Skipped > 0 ? ExitCode.Found : ExitCode.Done;
        }).Refuses(selection.Check);
    }

    /// <summary>Shows what was moved.</summary>
    public static void Render(Display display, DeadLetterMoveResult move)
    {
        display.Line($"{move.Moved} requeued, {move.Left} left.", Tone.Good);
        if (move.Skipped > 0)
        {
            display.Line($"{move.Skipped} were not moved{(move.Why is null ? "" : $", the first of them for this reason: {move.Why}")}.", Tone.Warning);
        }
    }
}

/// <summary><c>dataload dead edit</c>: corrects a dead letter's body and requeues it.</summary>
internal static class DeadEditCommand
{
    private const string Details = """
        Receipt, message-id, properties and headers stay as they came. The body comes from --body or --body-file (- is
        standard input); without either, $VISUAL or $EDITOR opens on the old one. One that is no JSON, unless its content type
        says that it is none, is asked about: it would most likely come back. Written to the audit log.

        Examples:
          dataload dead edit 0f3c… --body '{"recordId":33}'
          dataload dead edit 0f3c… --body-file corrected.json
          dataload dead edit 0f3c…

        Exit codes: 0 done; 1 the body was not changed, it was left or not confirmed, or there is none of that id; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> id = DeadSelection.Id();
        Option<string?> body = Options.Text("--body", "TEXT", "The corrected body.");
        Option<string?> file = Options.Text("--body-file", "FILE", "A file with the corrected body, taken byte by byte; - is standard input.");
        Option<string?> contentType = Options.Text("--content-type", "TYPE", "Its new content type; as it was without it.", "application/json", "text/plain");
        Option<bool> yes = new("--yes", "-y") { Description = "It is meant, JSON or not: does not ask." };
        return context.Define("edit", "Corrects a dead letter's body and requeues it.", Details, [id, body, file, contentType, yes], async run =>
        {
            string letter = run.Get(id)!;
            byte[]? corrected = run.Get(body) is { } text ? Encoding.UTF8.GetBytes(text)
                : run.Get(file) is { } path ? await BodyEditor.ReadAsync(path, run.Token)
                : await EditedAsync(run, letter);
            if (corrected is null)
            {
                await run.Error.WriteLineAsync("dataload: the body is as it was, and nothing was done");
                return ExitCode.Found;
            }

            if (BodyEditor.WhyNoJson(corrected) is { } why && await MayBeJsonAsync(run, letter, run.Get(contentType))
                && !run.Confirmation.Of($"The body is no JSON ({why}). Requeue it as it is", run.Get(yes)))
            {
                return ExitCode.Found;
            }

            DeadLetterMoveResult move = await run.DoAsync<DeadLetterMoveResult>(HttpMethod.Post, NodePath.Of("dead-letters", "messages", letter, "edit"),
                new { bodyBase64 = Convert.ToBase64String(corrected), contentType = run.Get(contentType) }, DeadRequeueCommand.Render);
            return move.Skipped > 0 ? ExitCode.Found : ExitCode.Done;
        }).Refuses(result => result.GetResult(body) is not null && result.GetResult(file) is not null ? "Say --body or --body-file, not both." : null);
    }

    /// <summary>Whether a body of this content type, or the one that the letter has, would be read as JSON: all are but serialized Java.</summary>
    private static async Task<bool> MayBeJsonAsync(Operation run, string id, string? contentType) =>
        !string.Equals(contentType ?? (await run.ReadAsync<DeadLetterDetails>(NodePath.Of("dead-letters", "messages", id))).ContentType, JavaBody.ContentType,
            StringComparison.OrdinalIgnoreCase);

    private static async Task<byte[]?> EditedAsync(Operation run, string id)
    {
        DeadLetterDetails letter = await run.ReadAsync<DeadLetterDetails>(NodePath.Of("dead-letters", "messages", id));
        return await BodyEditor.EditAsync(Convert.FromBase64String(letter.BodyBase64), run.Token);
    }
}

/// <summary><c>dataload dead purge</c>: removes dead letters for good.</summary>
internal static class DeadPurgeCommand
{
    private const string Details = """
        They are gone for good. Always asked about, and refused where meanwhile more or fewer are there than were asked
        about. Written to the audit log.

        Examples:
          dataload dead purge 0f3c…
          dataload dead purge --stream act.group --reason bad-join-type
          dataload dead purge --all --yes

        Exit codes: 0 done; 1 it was not confirmed, or there is no such stream or reason; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        var selection = new DeadSelection();
        return context.Define("purge", "Removes dead letters for good.", Details, selection.Symbols, async run =>
        {
            if (await selection.ConfirmAsync(run, "Remove for good", limit: null, alwaysAsk: true) is not { } order)
            {
                return ExitCode.Found;
            }

            await run.DoAsync<DeadLetterMoveResult>(HttpMethod.Post, NodePath.Of("dead-letters", "purge"), order, (display, move) =>
                display.Line($"{move.Moved} removed, {move.Left} left.", Tone.Good));
            return ExitCode.Done;
        }).Refuses(selection.Check);
    }
}
