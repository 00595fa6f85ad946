using System.Data.Common;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Nodes;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Works on the dead letters that wait in their queue: lists, shows, puts back and removes them. One call at a time, of all nodes, since each takes
/// what it looks at out of the queue; each has a connection of its own, so that what it held goes back whatever happens to it.</summary>
public sealed class DeadLetterDesk(
    AmqpConnector connector, Catalog catalog, DeadLetterSettings settings, WorkLease lease, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>The exchange and the queue of dead letters.</summary>
    public const string Queue = Letter.Exchange;

    private static readonly TimeSpan OldestListing = TimeSpan.FromMinutes(1);

    private delegate (BasicProperties Properties, ReadOnlyMemory<byte> Body) MakeMessage(DeadLetterContent letter);

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
            async (connection, cancellationToken) =>
            {
                // Another call may have looked meanwhile; and where nothing came or went, the last look is as good.
                if (AgeOf(_listing) < maxAge
                    || (maxAge > TimeSpan.Zero && AgeOf(_listing) < OldestListing && await CountAsync(connection, cancellationToken) == _listing!.Total))
                {
                    return _listing!;
                }

                var letters = new List<DeadLetterSummary>();
                var walk = new DeadLetterWalk(connection, settings, time);
                await walk.VisitAsync(letters.Add, cancellationToken);
                return _listing = new DeadLetterListing(time.GetUtcNow().ToUnixTimeMilliseconds(), Math.Max(walk.Total, letters.Count), letters);
            },
            cancellationToken);
    }

    /// <summary>One dead letter whole, or null where it is not there.</summary>
    /// <exception cref="DeadLetterException">They cannot be looked at now.</exception>
    public Task<DeadLetterContent?> FindAsync(UInt128 id, CancellationToken cancellationToken) => WorkAsync(
        async (connection, cancellationToken) =>
        {
            DeadLetterContent? found = null;
            await new DeadLetterWalk(connection, settings, time).RunAsync(
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
    /// <param name="contentType">Its new content type, or null to keep the one it has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="DeadLetterException">It cannot be moved now.</exception>
    public Task<DeadLetterMove> EditAsync(UInt128 id, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancellationToken)
    {
        return MoveAsync(new DeadLetterSelection(Ids: new HashSet<UInt128> { id }), Edited, cancellationToken);

        (BasicProperties Properties, ReadOnlyMemory<byte> Body) Edited(DeadLetterContent letter)
        {
            BasicProperties properties = Requeued(letter.Properties);
            if (contentType is not null)
            {
                properties.ContentType = contentType;
            }

            return (properties, body);
        }
    }

    /// <summary>Removes dead letters for good, if there are exactly as many as the caller thinks.</summary>
    /// <exception cref="DeadLetterException">They cannot be removed now.</exception>
    public Task<DeadLetterPurge> PurgeAsync(DeadLetterSelection selection, long confirm, CancellationToken cancellationToken) => WorkAsync(
        async (connection, cancellationToken) =>
        {
            long counted = 0;
            var counting = new DeadLetterWalk(connection, settings, time);
            await counting.VisitAsync(letter => counted += counted < selection.Limit && selection.Means(letter) ? 1 : 0, cancellationToken);
            if (counted != confirm || confirm == 0)
            {
                return new DeadLetterPurge(counted == confirm, counted, counting.Total);
            }

            long removed = 0;
            var walk = new DeadLetterWalk(connection, settings, time);
            await walk.RunAsync(
                letter => removed < confirm && selection.Means(letter),
                async (letters, channel) =>
                {
                    foreach ((ulong tag, _) in letters.Take((int)Math.Min(letters.Count, confirm - removed)))
                    {
                        await walk.AcknowledgeAsync(channel, tag, cancellationToken);
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
    internal static BasicProperties Requeued(IReadOnlyBasicProperties properties)
    {
        var headers = new Dictionary<string, object?>(properties.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal), StringComparer.Ordinal);
        headers.Remove(DeliveryHeaders.Stream);
        headers.Remove(DeliveryHeaders.Reason);
        headers.Remove(DeliveryHeaders.Error);
        return new BasicProperties(properties) { Headers = headers };
    }

    private Task<DeadLetterMove> MoveAsync(DeadLetterSelection selection, MakeMessage make, CancellationToken cancellationToken) => WorkAsync(
        async (connection, cancellationToken) =>
        {
            (long wanted, long moved, long skipped) = (0, 0, 0);
            await using ConfirmedChannel publisher = await ConfirmedChannel.OpenAsync(connection, cancellationToken);
            var walk = new DeadLetterWalk(connection, settings, time);
            try
            {
                await walk.RunAsync(
                    letter => wanted < selection.Limit && selection.Means(letter) && ++wanted > 0,
                    async (letters, channel) =>
                    {
                        foreach ((ulong Tag, DeadLetterContent Letter)[] slice in letters.Chunk(connector.Settings.ConfirmWindow))
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

            return new DeadLetterMove(moved, skipped, walk.Total - moved);

            async Task MoveSliceAsync((ulong Tag, DeadLetterContent Letter)[] slice, IChannel channel)
            {
                var publishing = new List<Task?>();
                foreach ((_, DeadLetterContent letter) in slice)
                {
                    publishing.Add(await PublishAsync(publisher, letter, make, cancellationToken));
                }

                Task all = Task.WhenAll(publishing.OfType<Task>()).WaitAsync(cancellationToken);
                await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                for (int i = 0; i < slice.Length; i++)
                {
                    if (publishing[i] is { IsCompletedSuccessfully: true })
                    {
                        await walk.AcknowledgeAsync(channel, slice[i].Tag, cancellationToken);
                        moved++;
                    }
                    else
                    {
                        skipped++;
                        string error = publishing[i]?.Exception?.InnerException?.Message ?? "its stream is none of the catalog";
                        DeadLetterLog.Refused(logger, slice[i].Letter.Summary.Stream, error);
                    }
                }

                // A fault of the channel is no fault of the letters: it ends the walk.
                cancellationToken.ThrowIfCancellationRequested();
                if (!publisher.IsOpen)
                {
                    throw new DeadLetterException($"The broker closed the channel after {moved} dead letters were moved; nothing is lost, try again.");
                }
            }
        },
        cancellationToken);

    /// <returns>Done when the broker has it in the stream's queue; null where its stream is none of the catalog.</returns>
    private async ValueTask<Task?> PublishAsync(ConfirmedChannel channel, DeadLetterContent letter, MakeMessage make, CancellationToken cancellationToken)
    {
        if (catalog.FindStream(letter.Summary.Stream) is not { } stream)
        {
            return null;
        }

        (BasicProperties properties, ReadOnlyMemory<byte> body) = make(letter);
        if (properties.IsUserIdPresent() && !string.Equals(properties.UserId, connector.UserName, StringComparison.Ordinal))
        {
            // The broker refuses to publish in another user's name; the name goes on as a header.
            properties.Headers![DeliveryHeaders.UserId] = properties.UserId;
            properties.ClearUserId();
        }

        // By the default exchange, to this queue alone: the stream's fanout may have other subscribers, who have it.
        return await channel.PublishAsync("", stream.Queue, properties, body, cancellationToken);
    }

    private static async Task<long> CountAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await channel.MessageCountAsync(Letter.Exchange, cancellationToken);
    }

    private TimeSpan AgeOf(DeadLetterListing? listing) =>
        listing is null ? TimeSpan.MaxValue : time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(listing.AtMs);

    private async Task<T> WorkAsync<T>(Func<IConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
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
        catch (Exception e) when (e is RabbitMQClientException or IOException or TimeoutException && e is not DeadLetterException)
        {
            throw new DeadLetterException(
                $"The broker at {connector.Settings.SafeName} cannot be worked with: {e.Message}. Nothing is lost; try again when it is there.", e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<T> WorkAloneAsync<T>(Func<IConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        IConnection connection = await connector.ConnectAsync("dead-letter desk", cancellationToken);
        try
        {
            return await work(connection, cancellationToken);
        }
        finally
        {
            await AmqpClosing.CloseAsync(connection, logger);
        }
    }
}
