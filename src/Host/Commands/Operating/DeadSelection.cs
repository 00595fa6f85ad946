using System.CommandLine.Parsing;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using DataLoad.Engine.Decoding;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Which dead letters a command means, and whether that is meant.</summary>
internal sealed class DeadSelection
{
    private readonly Argument<string[]> _ids = new("ID")
    {
        Description = "Dead letters by their ids, as 'dead list --messages' shows them.",
        HelpName = "ID",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<string?> _stream = Options.Stream("This stream's.");
    private readonly Option<string?> _reason = Reason("Those of this reason.");
    private readonly Option<bool> _all = new("--all") { Description = "All of them." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "It is meant: does not ask." };

    public Symbol[] Symbols => [_ids, _stream, _reason, _all, _yes];

    /// <summary>The argument that names one.</summary>
    public static Argument<string> Id() => new("ID") { Description = "The dead letter's id, as 'dead list --messages' shows it.", HelpName = "ID" };

    /// <summary>The option <c>--reason</c>.</summary>
    public static Option<string?> Reason(string description) => Options.Text("--reason", "REASON", description, [.. RejectReason.All]);

    /// <summary>Refuses a selection of nothing, or of all and some.</summary>
    public string? Check(CommandResult result)
    {
        bool some = result.GetResult(_ids) is { Tokens.Count: > 0 } || result.GetResult(_stream) is not null || result.GetResult(_reason) is not null;
        return some != result.GetValue(_all) ? null
            : some ? "--all means all: leave ids, --stream and --reason out."
            : "Say which dead letters: ids, --stream, --reason, or --all.";
    }

    /// <summary>Counts what is meant, asks where it has to be confirmed, and returns what is to be sent; null where it is not meant. Ids named one by
    /// one need no confirmation unless it is always asked for.</summary>
    public async Task<DeadLetterRequest?> ConfirmAsync(Operation run, string verb, int? limit, bool alwaysAsk)
    {
        string[] ids = run.Get(_ids) ?? [];
        var order = new DeadLetterRequest
        {
            Stream = run.Get(_stream),
            Reason = run.Get(_reason),
            Ids = ids.Length == 0 ? null : ids,
            All = run.Get(_all),
            Limit = limit,
        };
        long count = ids.Length > 0 && order.Stream is null && order.Reason is null
            ? ids.Distinct(StringComparer.Ordinal).Count()
            : await CountAsync(run, order);
        count = Math.Min(count, limit ?? long.MaxValue);
        bool mustAsk = count > 0 && (alwaysAsk || ids.Length == 0);
        string which = string.Join(", ", new[] { order.Stream, order.Reason }.OfType<string>());
        string what = $"{verb} {count} dead letter{(count == 1 ? "" : "s")}{(which.Length == 0 ? "" : $" ({which})")}";
        return !mustAsk || run.Confirmation.Of(what, run.Get(_yes)) ? order with { Confirm = count } : null;
    }

    private static async Task<long> CountAsync(Operation run, DeadLetterRequest order)
    {
        if (order.Ids is not null)
        {
            throw new NodeException("Ids name dead letters one by one: leave --stream and --reason out.");
        }

        DeadLetterGroups groups = await run.ReadAsync<DeadLetterGroups>(NodePath.With(NodePath.Of("dead-letters"), ("maxAge", 0)));
        return groups.Groups
            .Where(group => (order.Stream is null || string.Equals(group.Stream, order.Stream, StringComparison.Ordinal))
                && (order.Reason is null || string.Equals(group.Reason, order.Reason, StringComparison.Ordinal)))
            .Sum(group => group.Count);
    }
}

/// <summary>Where a corrected body comes from: a file, or the operator's editor.</summary>
internal static class BodyEditor
{
    /// <summary>Reads a file, or standard input where it is <c>-</c>.</summary>
    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path is not "-")
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }

        using var body = new MemoryStream();
        await using Stream input = Console.OpenStandardInput();
        await input.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    /// <summary>Why a body is no JSON, with the place; null where it is. A byte-order mark is skipped, as streams do.</summary>
    public static string? WhyNoJson(byte[] body)
    {
        ReadOnlySpan<byte> text = body.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? body.AsSpan(Encoding.UTF8.Preamble.Length) : body;
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
                // Each value has to be readable.
            }

            return null;
        }
        catch (JsonException e)
        {
            return $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
        }
    }

    /// <summary>Opens the editor on a body.</summary>
    /// <returns>The corrected body; null where it is as it was.</returns>
    public static async Task<byte[]?> EditAsync(byte[] body, CancellationToken cancellationToken)
    {
        string editor = new[] { "VISUAL", "EDITOR" }.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value))
            ?? throw new NodeException("No editor is named: say --body or --body-file, or set EDITOR.");
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
        {
            throw new NodeException("An editor needs a terminal: say --body or --body-file.");
        }

        // In a folder that is its owner's alone: a body may name a user.
        string folder = Directory.CreateTempSubdirectory("dataload-").FullName;
        try
        {
            string file = Path.Combine(folder, "body");
            await File.WriteAllBytesAsync(file, body, cancellationToken);
            await RunAsync(editor, file, cancellationToken);
            byte[] corrected = await File.ReadAllBytesAsync(file, cancellationToken);

            // Editors end a file with a line feed that the body did not have.
            corrected = corrected is [.., (byte)'\n'] && body is not [.., (byte)'\n'] ? corrected[..^1] : corrected;
            return corrected.AsSpan().SequenceEqual(body) ? null : corrected;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(string editor, string file, CancellationToken cancellationToken)
    {
        // EDITOR may bring arguments of its own, as in "code --wait".
        string[] words = editor.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using Process process = Process.Start(words[0], [.. words[1..], file]);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new NodeException($"The editor {editor} ended with {process.ExitCode}, and nothing was done.");
            }
        }
        catch (Win32Exception e)
        {
            throw new NodeException($"The editor {editor} cannot be started ({e.Message}): set EDITOR to another.");
        }
    }
}
