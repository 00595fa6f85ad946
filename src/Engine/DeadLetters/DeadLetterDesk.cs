using System.Data.Common;
using System.Text;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Works on the dead letters that wait in their queue: lists, shows, puts back and removes them. One call at a time, of all nodes, since each takes
/// what it looks at out of the queue; each has connections of its own, so that what it held goes back whatever happens to it.</summary>
/// <param name="broker">Where the broker is.</param>
/// <param name="system">Gives the actor system that publishing runs in, while it runs.</param>
/// <param name="catalog">The streams that letters go back to.</param>
/// <param name="settings">The bounds.</param>
/// <param name="parking">Where those wait that could not be published.</param>
/// <param name="lease">Held while a call works.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told what is moved.</param>
public sealed class DeadLetterDesk(
    AmqpConnectionSettings broker, Func<ActorSystem?> system, Catalog catalog, DeadLetterSettings settings, IParkingStore parking, WorkLease lease,
    TimeProvider time, ILogger<DeadLetterDesk> logger) : IDisposable
{
    /// <summary>The exchange and the queue of dead letters.</summary>
    public const string Queue = Letter.Exchange;

    private static readonly TimeSpan OldestListing = TimeSpan.FromMinutes(1);

    private delegate (AmqpProperties Properties, ReadOnlyMemory<byte> Body) MakeMessage(DeadLetterContent letter);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile DeadLetterListing? _listing;

    /// <summary>The dead letters as they are, or were up to <paramref name="maxAge"/> ago.</summary>
    /// <exception cref="DeadLetterException">They cannot be looked at now.</exception>
    public async Task<DeadLetterListing> ListAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        if (AgeOf(_listing) < maxAge)
        {
            return _listing!;
        }

        return await WorkAsync(
            async (connections, cancellationToken) =>
            {
                // Another call may have looked meanwhile; and where nothing came or went, the last look is as good.
                if (AgeOf(_listing) < maxAge
                    || (maxAge > TimeSpan.Zero && AgeOf(_listing) < OldestListing && await CountAsync(connections.Consuming, cancellationToken) == _listing!.Total))
                {
                    return _listing!;
                }

                var letters = new List<DeadLetterSummary>();
                var walk = new DeadLetterWalk(connections.All, connections.Consuming, settings, time);
                await walk.VisitAsync(letters.Add, cancellationToken);
                return _listing = new DeadLetterListing(time.GetUtcNow().ToUnixTimeMilliseconds(), Math.Max(walk.Total, letters.Count), letters);
            },
            cancellationToken);
    }

    /// <summary>Dead letters that could not be published, wait in the store and are published again later, in no order.</summary>
    /// <param name="limit">How many at the most.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="DbException">The store cannot be asked.</exception>
    public async Task<IReadOnlyList<WaitingLetter>> ListWaitingAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await parking.ListAsync(Letter.Exchange, after: null, limit, cancellationToken)).Select(WaitingLetter.Of)];

    /// <summary>One dead letter whole, or null where it is not there.</summary>
    /// <exception cref="DeadLetterException">They cannot be looked at now.</exception>
    public Task<DeadLetterContent?> FindAsync(UInt128 id, CancellationToken cancellationToken) => WorkAsync(
        async (connections, cancellationToken) =>
        {
            DeadLetterContent? found = null;
            await new DeadLetterWalk(connections.All, connections.Consuming, settings, time).RunAsync(
                letter => found is null && letter.Id == id,
                (letters, _) =>
                {
                    found = letters[0].Letter;
                    return Task.FromResult(false);
                },
                cancellationToken);
            return found;
        },
        cancellationToken);

    /// <summary>Puts dead letters back into their streams' own queues, with their first receipt, and only then takes them out of theirs: after a crash in
    /// between one may be in both, and its identity lets it count once.</summary>
    /// <exception cref="DeadLetterException">They cannot be moved now; what was moved is not undone.</exception>
    public Task<DeadLetterMove> RequeueAsync(DeadLetterSelection selection, CancellationToken cancellationToken) =>
        MoveAsync(selection, letter => (Requeued(letter.Properties), letter.Body), cancellationToken);

    /// <summary>Puts a dead letter back with another body; equal ones that share its id too.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="body">The corrected body.</param>
    /// <param name="contentType">Its new content type, of at most 255 bytes, or null to keep the one it has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="DeadLetterException">It cannot be moved now.</exception>
    public Task<DeadLetterMove> EditAsync(UInt128 id, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancellationToken)
    {
        return MoveAsync(new DeadLetterSelection(Ids: new HashSet<UInt128> { id }), Edited, cancellationToken);

        (AmqpProperties Properties, ReadOnlyMemory<byte> Body) Edited(DeadLetterContent letter)
        {
            AmqpProperties properties = Requeued(letter.Properties);
            return (contentType is null ? properties : properties.With(AmqpProperty.ContentType, Encoding.UTF8.GetBytes(contentType)), body);
        }
    }

    /// <summary>Removes dead letters for good, if there are exactly as many as the caller thinks.</summary>
    /// <exception cref="DeadLetterException">They cannot be removed now.</exception>
    public Task<DeadLetterPurge> PurgeAsync(DeadLetterSelection selection, long confirm, CancellationToken cancellationToken) => WorkAsync(
        async (connections, cancellationToken) =>
        {
            long counted = 0;
            var counting = new DeadLetterWalk(connections.All, connections.Consuming, settings, time);
            await counting.VisitAsync(letter => counted += counted < selection.Limit && selection.Means(letter) ? 1 : 0, cancellationToken);
            if (counted != confirm || confirm == 0)
            {
                return new DeadLetterPurge(counted == confirm, counted, counting.Total);
            }

            long removed = 0;
            var walk = new DeadLetterWalk(connections.All, connections.Consuming, settings, time);
            await walk.RunAsync(
                letter => removed < confirm && selection.Means(letter),
                async (letters, channel) =>
                {
                    foreach ((ulong tag, _) in letters.Take((int)Math.Min(letters.Count, confirm - removed)))
                    {
                        await walk.AcknowledgeAsync(channel, tag);
                        removed++;
                    }

                    return removed < confirm;
                },
                cancellationToken);
            _listing = null;
            return new DeadLetterPurge(IsConfirmed: true, removed, walk.Total - removed);
        },
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    /// <summary>The properties to put a dead letter back with: as they came, and the receipt, without the engine's verdict.</summary>
    internal static AmqpProperties Requeued(AmqpProperties properties) => properties
        .WithoutHeader(DeliveryHeaders.Stream)
        .WithoutHeader(DeliveryHeaders.Reason)
        .WithoutHeader(DeliveryHeaders.Error)
        .WithoutHeader(DeliveryHeaders.Dropped);

    private Task<DeadLetterMove> MoveAsync(DeadLetterSelection selection, MakeMessage make, CancellationToken cancellationToken) => WorkAsync(
        async (connections, cancellationToken) =>
        {
            (long wanted, long moved, long skipped, string? why) = (0, 0, 0, null);
            var walk = new DeadLetterWalk(connections.All, connections.Consuming, settings, time);
            try
            {
                await walk.RunAsync(
                    letter => wanted < selection.Limit && selection.Means(letter) && ++wanted > 0,
                    async (letters, channel) =>
                    {
                        foreach ((ulong Tag, DeadLetterContent Letter)[] slice in letters.Chunk(settings.ConfirmWindow))
                        {
                            await MoveSliceAsync(slice, channel);
                        }

                        return wanted < selection.Limit;
                    },
                    cancellationToken);
            }
            finally
            {
                _listing = null;
                DeadLetterLog.Moved(logger, moved, skipped);
            }

            return new DeadLetterMove(moved, skipped, walk.Total - moved, why);

            async Task MoveSliceAsync((ulong Tag, DeadLetterContent Letter)[] slice, IAmqpChannel channel)
            {
                var results = new Dictionary<ulong, string>();
                var requests = new List<PublishRequest<ulong>>();
                foreach ((ulong tag, DeadLetterContent letter) in slice)
                {
                    if (MessageOf(letter, make) is { } message)
                    {
                        requests.Add(new PublishRequest<ulong>(message, tag));
                    }
                    else
                    {
                        results.Add(tag, "its stream is none of the catalog");
                    }
                }

                IReadOnlyList<PublishResult<ulong>> published = await PublishAsync(connections.All, requests, cancellationToken);
                foreach (PublishResult<ulong> result in published)
                {
                    if (result.IsConfirmed)
                    {
                        await walk.AcknowledgeAsync(channel, result.Request.Context);
                        moved++;
                    }
                    else
                    {
                        results.Add(result.Request.Context, $"{result.Outcome}: {result.Text}");
                    }
                }

                foreach ((ulong tag, DeadLetterContent letter) in slice.Where(letter => results.ContainsKey(letter.Tag)))
                {
                    skipped++;
                    why ??= results[tag];
                    DeadLetterLog.Refused(logger, letter.Summary.Stream, results[tag]);
                }

                // A fault of the broker is no fault of the letters: it ends the walk.
                cancellationToken.ThrowIfCancellationRequested();
                if (published.FirstOrDefault(result => result.Outcome is PublishOutcome.TimedOut or PublishOutcome.ConnectionLost) is { Text: { } fault })
                {
                    throw new DeadLetterException(
                        $"The broker at {broker.SafeName} does not confirm what is put back, after {moved} were: {fault}. Nothing is lost; try again when it does.");
                }
            }
        },
        cancellationToken);

    /// <returns>Null where its stream is none of the catalog.</returns>
    private AmqpMessage? MessageOf(DeadLetterContent letter, MakeMessage make)
    {
        if (catalog.FindStream(letter.Summary.Stream) is not { } stream)
        {
            return null;
        }

        // By the default exchange, to this queue alone: the stream's fanout may have other subscribers, who have it.
        (AmqpProperties properties, ReadOnlyMemory<byte> body) = make(letter);
        return new AmqpMessage("", stream.Queue, Publishable.Of(properties, broker.UserName, []), body);
    }

    /// <summary>Publishes messages together, and once more alone each that was lost with another one that the broker closed the channel over.</summary>
    private async Task<IReadOnlyList<PublishResult<ulong>>> PublishAsync(
        AmqpConnections connections, IReadOnlyList<PublishRequest<ulong>> requests, CancellationToken cancellationToken)
    {
        IReadOnlyList<PublishResult<ulong>> results = await RunAsync(requests, settings.ConfirmWindow);
        PublishRequest<ulong>[] lost = [.. results.Where(result => result.Outcome == PublishOutcome.ConnectionLost).Select(result => result.Request)];
        return lost.Length == 0 ? results
            : [.. results.Where(result => result.Outcome != PublishOutcome.ConnectionLost), .. await RunAsync(lost, maxInFlight: 1)];

        async Task<IReadOnlyList<PublishResult<ulong>>> RunAsync(IReadOnlyList<PublishRequest<ulong>> some, int maxInFlight)
        {
            ActorSystem running = system() ?? throw new DeadLetterException("The node is not running yet, or stops; try again.");
            var publishing = new AmqpPublishSettings { MaxInFlight = maxInFlight, ConfirmTimeout = settings.ConfirmTimeout };
            return await Source.From(some)
                .Via(AmqpFlow.Publish<ulong>(connections, publishing))
                .RunWith(Sink.Seq<PublishResult<ulong>>(), running.Materializer())
                .WaitAsync(cancellationToken);
        }
    }

    private static async Task<long> CountAsync(IAmqpConnection connection, CancellationToken cancellationToken)
    {
        await using IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        return (await channel.DeclareAsync(new AmqpQueue(Letter.Exchange), passive: true, cancellationToken)).Messages;
    }

    private TimeSpan AgeOf(DeadLetterListing? listing) =>
        listing is null ? TimeSpan.MaxValue : time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(listing.AtMs);

    private async Task<T> WorkAsync<T>(Func<DeskConnections, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        if (!await _gate.WaitAsync(settings.Patience, cancellationToken))
        {
            throw new DeadLetterException(
                $"Another call has been at work on the dead letters for {settings.Patience.TotalSeconds:0} s; try again when it is done.");
        }

        try
        {
            return await lease.RunAsync(token => WorkAloneAsync(work, token), settings.Patience, cancellationToken);
        }
        catch (WorkLeaseException e)
        {
            throw new DeadLetterException($"The dead letters cannot be worked on now. {e.Message}", e);
        }
        catch (DbException e)
        {
            throw new DeadLetterException($"The store cannot be asked whether another node is at work on the dead letters: {e.Message}.", e);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new DeadLetterException(
                $"The broker at {broker.SafeName} cannot be worked with: {e.Message}. Nothing is lost; try again when it is there.", e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<T> WorkAloneAsync<T>(Func<DeskConnections, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connections = new AmqpConnections(broker with { Name = $"{broker.Name} dead-letter desk" }, time);
        IAmqpConnection consuming = await connections.GetAsync(AmqpConnectionRole.Consuming, cancellationToken);
        return await work(new DeskConnections(connections, consuming), cancellationToken);
    }

    /// <summary>The connections of a call: the one that it looks by, and all, since publishing has another.</summary>
    private sealed record DeskConnections(AmqpConnections All, IAmqpConnection Consuming);
}
