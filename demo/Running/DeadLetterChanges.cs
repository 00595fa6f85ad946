using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataLoad.Demo;

/// <summary>What operators do to dead letters while a run goes on, as the audit log says, which all nodes share. One look at a time.</summary>
/// <param name="nodes">Where nodes answer; without any nothing is known.</param>
internal sealed partial class DeadLetterChanges(IReadOnlyList<Uri> nodes) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(2) };
    private long _before;
    private long _purged;

    /// <summary>How many dead letters were purged.</summary>
    public long Purged => Interlocked.Read(ref _purged);

    /// <summary>That one was edited, in a sentence, or null. What it counts as then, nobody told the run.</summary>
    public string? Edited { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Takes what was done before for known.</summary>
    public async Task BeginAsync(CancellationToken cancel)
    {
        _before = (await AskAsync("", cancel) ?? []).Select(entry => entry.Id).DefaultIfEmpty(0).Max();
    }

    /// <summary>Looks what was done by now.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        if (await AskAsync("&action=dead.purge", cancel) is { } purges)
        {
            Interlocked.Exchange(ref _purged, purges.Sum(entry => CountOf(Removed().Match(entry.Detail))));
        }

        if ((await AskAsync("&action=dead.edit", cancel))?.FirstOrDefault(entry => CountOf(Moved().Match(entry.Detail)) > 0) is { } edit)
        {
            Edited = $"the dead letter {edit.Target} was edited by {edit.Actor} during the run, which cannot know what it counts as now: nothing was compared";
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private static long CountOf(Match match) => match.Success ? long.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) : 0;

    /// <returns>What was done since the run began, newest first; null where no node answers.</returns>
    private async Task<IReadOnlyList<Entry>?> AskAsync(string filter, CancellationToken cancel)
    {
        foreach (var node in nodes)
        {
            try
            {
                using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(node, $"/api/v1/audit?limit=100{filter}"), cancel));
                return [.. answer.RootElement.GetProperty("entries").EnumerateArray()
                    .Select(entry => new Entry(entry.GetProperty("id").GetInt64(), Text(entry, "actor"), Text(entry, "target"), Text(entry, "detail")))
                    .Where(entry => entry.Id > _before)];
            }
            catch (Exception away) when (away is HttpRequestException or JsonException || (away is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                // Another one is asked, or this one with the next look.
            }
        }

        return null;

        static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString() ?? "";
    }

    [GeneratedRegex("(?<count>[0-9]+) removed", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Removed();

    [GeneratedRegex("(?<count>[0-9]+) moved", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Moved();

    private sealed record Entry(long Id, string Actor, string Target, string Detail);
}

/// <summary>Something was done during a run that makes its comparison meaningless; the message says what.</summary>
public sealed class IncomparableException(string message) : Exception(message);
