using System.Diagnostics;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>One run: send business events for a while, then hold the statistics tables against the tally.</summary>
public sealed class DemoRun(DemoOptions options)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);

    private readonly Tally _tally = new();
    private volatile string _phase = "sending";

    /// <summary>The good news, for a run that ended with 0.</summary>
    public string Verdict { get; private set; } = "";

    /// <summary>Runs until the time is up or <paramref name="stop"/>; then drains and compares.</summary>
    /// <param name="stop">Ends the sending, in order.</param>
    /// <returns>0 when every cell and every dead letter is as it should be, otherwise 1.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await using var business = await BusinessDatabase.OpenAsync(options.Business, stop);
        await using var publisher = await SpringPublisher.ConnectAsync(options.Amqp, cancel: stop);
        if (options.Http.Count > 0)
        {
            await HostReadiness.WaitForAnyAsync(options.Http, StartTimeout, stop);
        }

        var leftovers = await DeadLetters.CountAsync(options.Amqp, stop);
        if (leftovers > 0)
        {
            throw new ArgumentException(Invariant($"the queue {ContractStreams.DeadLetters} holds {leftovers} messages of an earlier run, which could not be told from this one's; purge it, or use another broker"));
        }

        var generator = new Generator(MixOf(options));
        var problems = new List<string>();
        using (var viewing = new CancellationTokenSource())
        {
            await using var numbers = new LiveNumbers(options, _tally, publisher);
            var view = new LiveView(options.Plain || Console.IsOutputRedirected).ShowAsync(numbers.TakeAsync, () => _phase, viewing.Token);
            try
            {
                await SendAsync(generator, business, publisher, stop);
                _phase = "draining what was sent, then comparing";
                await DrainAsync(generator, business, publisher, problems);
                _ = await numbers.TakeAsync(CancellationToken.None);
            }
            finally
            {
                await viewing.CancelAsync();
                await view;
            }
        }

        Console.WriteLine(Invariant($"sent {publisher.Confirmed} messages: {_tally.Events} events, {_tally.Duplicates} repeats, {_tally.Unidentified} without identity, {_tally.DeadLetterCount} broken"));
        problems.ForEach(Console.WriteLine);
        return problems.Count == 0 ? 0 : 1;
    }

    // Without identity an event counts with each delivery, and what a killed node held is delivered again.
    private static GeneratorOptions MixOf(DemoOptions options)
    {
        var mix = new GeneratorOptions { Seed = options.Seed, MissingRows = options.MissingRows ? 0.2 : 0 };
        return options.Kills ? mix with { Unidentified = 0 } : mix;
    }

    private async Task SendAsync(Generator generator, BusinessDatabase business, SpringPublisher publisher, CancellationToken stop)
    {
        var late = new LateRows(business);
        var clock = Stopwatch.StartNew();
        long sent = 0;
        while (!stop.IsCancellationRequested && (options.Seconds is not { } seconds || clock.Elapsed.TotalSeconds < seconds))
        {
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

    private async Task DrainAsync(Generator generator, BusinessDatabase business, SpringPublisher publisher, List<string> problems)
    {
        var patience = TimeSpan.FromSeconds(options.DrainSeconds);
        var comparison = await TallyComparer.WaitUntilEqualAsync(_tally, options.Store, patience);
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
                await business.InsertAsync(one.RowsAfter);
            }

            await SendAsync(generator.Rest(), business, publisher);
            comparison = await TallyComparer.WaitUntilEqualAsync(_tally, options.Store, patience);
        }

        if (!comparison.AllEqual)
        {
            problems.Add(comparison.Describe());
        }

        var letters = await DeadLettersAsync(patience);
        problems.AddRange(DeadLetters.Differences(_tally, letters, options.Kills));
        var repeats = letters.Count - _tally.DeadLetterCount;
        var also = repeats > 0 ? Invariant($", {repeats} of them repeats") : "";
        Verdict = Invariant($"{letters.Count} dead letters compared: all as expected{also}\n{comparison.Describe()}");
    }

    private async Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        await DeadLetters.WaitForAsync(options.Amqp, _tally.DeadLetterCount, patience);
        var letters = await DeadLetters.ReadAsync(options.Amqp);
        while (options.Kills && waited.Elapsed < patience && DeadLetters.Differences(_tally, letters, options.Kills).Count > 0)
        {
            // Repeats may stand in the count for some that are still to come.
            await Task.Delay(1_000);
            letters = await DeadLetters.ReadAsync(options.Amqp);
        }

        return letters;
    }
}
