using System.Diagnostics;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>One run: send business events for a while, then hold the statistics tables against the tally.</summary>
public sealed class DemoRun(DemoOptions options)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);

    // A broker that restarts is back within this.
    private static readonly TimeSpan ReconnectFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Tally _tally = new();
    private readonly DeadLetterChanges _changes = new(options.Http);
    private volatile string _phase = "sending";

    /// <summary>The good news, for a run that ended with 0.</summary>
    public string Verdict { get; private set; } = "";

    /// <summary>Runs until the time is up or <paramref name="stop"/>; then drains and compares.</summary>
    /// <param name="stop">Ends the sending, in order.</param>
    /// <returns>0 when every cell and every dead letter is as it should be, otherwise 1.</returns>
    /// <exception cref="IncomparableException">Somebody edited a dead letter meanwhile.</exception>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var changes = _changes;
        await using var business = await BusinessDatabase.OpenAsync(options.Business, stop);
        await using var publisher = await SpringPublisher.ConnectAsync(options.Amqp, ReconnectFor, cancel: stop);
        if (options.Http.Count > 0)
        {
            await HostReadiness.WaitForAnyAsync(options.Http, StartTimeout, stop);
        }

        var leftovers = await DeadLetters.CountAsync(options.Amqp, stop);
        if (leftovers > 0)
        {
            throw new ArgumentException(Invariant($"the queue {ContractStreams.DeadLetters} holds {leftovers} messages of an earlier run, which could not be told from this one's; purge it, or use another broker"));
        }

        await _changes.BeginAsync(stop);
        var generator = new Generator(MixOf(options));
        var problems = new List<string>();
        using var edited = new CancellationTokenSource();
        using (var viewing = new CancellationTokenSource())
        {
            await using var numbers = new LiveNumbers(options, _tally, publisher);
            var view = new LiveView(options.Plain || Console.IsOutputRedirected).ShowAsync(numbers.TakeAsync, () => Phase(publisher), viewing.Token);
            var looking = LookAsync(publisher, edited, viewing.Token);
            try
            {
                await SendAsync(generator, business, publisher, stop, edited.Token);
                _phase = "draining what was sent, then comparing";
                await DrainAsync(generator, business, publisher, problems, edited.Token);
                _ = await numbers.TakeAsync(CancellationToken.None);
            }
            catch (OperationCanceledException) when (edited.IsCancellationRequested)
            {
                throw new IncomparableException(_changes.Edited!);
            }
            finally
            {
                await viewing.CancelAsync();
                await Task.WhenAll(view, looking);
            }
        }

        Console.WriteLine(Invariant($"sent {publisher.Confirmed} messages: {_tally.Events} events, {_tally.Duplicates} repeats, {_tally.Unidentified} without identity, {_tally.DeadLetterCount} broken"));
        problems.ForEach(Console.WriteLine);
        return problems.Count == 0 ? 0 : 1;
    }

    private string Phase(SpringPublisher publisher) => _phase
        + (publisher.Losses > 0 ? Invariant($"; the broker's connection was lost, {publisher.Losses} times by now") : "")
        + (_changes.Purged > 0 ? Invariant($"; {_changes.Purged} dead letters were purged by an operator") : "");

    /// <summary>Looks again and again what others do that the comparison has to know.</summary>
    private async Task LookAsync(SpringPublisher publisher, CancellationTokenSource edited, CancellationToken cancel)
    {
        try
        {
            while (_changes.Edited is null)
            {
                await Task.Delay(LookInterval, cancel);
                _tally.Losses = publisher.Losses;
                await _changes.LookAsync(cancel);
            }

            await edited.CancelAsync();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run has ended.
        }
    }

    // Without identity an event counts with each delivery, and what a killed node held is delivered again.
    private static GeneratorOptions MixOf(DemoOptions options)
    {
        var mix = new GeneratorOptions { Seed = options.Seed, MissingRows = options.MissingRows ? 0.2 : 0 };
        return options.Kills ? mix with { Unidentified = 0 } : mix;
    }

    private async Task SendAsync(Generator generator, BusinessDatabase business, SpringPublisher publisher, CancellationToken stop, CancellationToken edited)
    {
        var late = new LateRows(business);
        var clock = Stopwatch.StartNew();
        long sent = 0;
        while (!stop.IsCancellationRequested && (options.Seconds is not { } seconds || clock.Elapsed.TotalSeconds < seconds))
        {
            edited.ThrowIfCancellationRequested();
            var due = (long)(clock.Elapsed.TotalSeconds * options.Rate) - sent;
            if (due <= 0)
            {
                await Task.Delay(5, CancellationToken.None);
                continue;
            }

            // A batch never outgrows half a second, so that a machine that falls behind still stops promptly.
            var batch = generator.Next((int)Math.Min(due, Math.Max(1, options.Rate / 2)));
            sent += batch.Messages.Count;
            await SendAsync(batch, business, publisher);
            late.Hold(batch.RowsAfter);
            await late.CommitAsync(all: false, CancellationToken.None);
        }

        var rest = generator.Rest();
        await SendAsync(rest, business, publisher);
        await late.CommitAsync(all: true, CancellationToken.None);
        await business.InsertAsync(rest.RowsAfter, CancellationToken.None);
    }

    // What was begun is ended: a batch half sent could not be told from a fault of the engine.
    private async Task SendAsync(GeneratedBatch batch, BusinessDatabase business, SpringPublisher publisher)
    {
        batch.Record(_tally);
        await business.InsertAsync(batch.RowsBefore, CancellationToken.None);
        await publisher.PublishAsync(batch.Messages, CancellationToken.None);
    }

    private async Task DrainAsync(Generator generator, BusinessDatabase business, SpringPublisher publisher, List<string> problems, CancellationToken edited)
    {
        var patience = TimeSpan.FromSeconds(options.DrainSeconds);
        var comparison = await TallyComparer.WaitUntilEqualAsync(_tally, options.Store, patience, edited);
        if (comparison.AllEqual)
        {
            // Now that all is counted: repeats with other days and values must change nothing. One more event of
            // each stream comes behind them, in the same queues, and shows when they have been dealt with.
            _phase = "all is counted; sending repeats that must change nothing";
            await SendAsync(generator.Echoes(300), business, publisher);
            foreach (var stream in ContractStreams.All)
            {
                var one = generator.NextOf(stream);
                await SendAsync(one, business, publisher);
                await business.InsertAsync(one.RowsAfter, CancellationToken.None);
            }

            await SendAsync(generator.Rest(), business, publisher);
            comparison = await TallyComparer.WaitUntilEqualAsync(_tally, options.Store, patience, edited);
        }

        if (!comparison.AllEqual)
        {
            problems.Add(comparison.Describe());
        }

        _phase = "comparing the dead letters";
        var letters = await DeadLettersAsync(patience, edited);
        problems.AddRange(Differences(letters));
        var repeats = letters.Count + _changes.Purged - _tally.DeadLetterCount;
        var also = (repeats > 0 ? Invariant($", {repeats} of them repeats") : "")
            + (_changes.Purged > 0 ? Invariant($"; {_changes.Purged} more were purged during the run") : "");
        var losses = _tally.Losses > 0
            ? Invariant($"\nthe broker's connection was lost {_tally.Losses} times: events without identity, which count with each delivery, may be there more often") : "";
        Verdict = Invariant($"{letters.Count} dead letters compared: all as expected{also}\n{comparison.Describe()}{losses}");
    }

    private IReadOnlyList<string> Differences(IReadOnlyList<DeadLetter> letters) =>
        DeadLetters.Differences(_tally, letters, options.Kills || _tally.Losses > 0, _changes.Purged);

    /// <summary>Reads the dead letters when all that are expected are there, or the time is up.</summary>
    private async Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(TimeSpan patience, CancellationToken edited)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // Repeats may stand in the count for some that are still to come, and what is purged is known a moment later.
                var missing = _tally.DeadLetterCount - _changes.Purged - await DeadLetters.CountAsync(options.Amqp, edited);
                if (missing <= 0 || waited.Elapsed >= patience)
                {
                    var letters = await DeadLetters.ReadAsync(options.Amqp, edited);
                    if (Differences(letters).Count == 0 || waited.Elapsed >= patience)
                    {
                        return letters;
                    }
                }

                _phase = Invariant($"waiting for {Math.Max(0, missing)} dead letters that are not in their queue, for {patience.TotalSeconds:F0} s at most");
            }
            catch (Exception broken) when (SpringPublisher.IsBroken(broken) && !edited.IsCancellationRequested && waited.Elapsed < patience)
            {
                _phase = $"waiting for the broker to read the dead letters: {broken.Message}";
            }

            await Task.Delay(LookInterval, edited);
        }
    }
}
