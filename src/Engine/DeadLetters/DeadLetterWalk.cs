using System.Threading.Channels;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Goes through the queue of dead letters once, a page at a time, each page on a channel of its own whose prefetch is the page. What was looked at
/// stays unacknowledged on its channel, so that the next page is the next messages. What is not acknowledged goes back to its place in the end.</summary>
internal sealed class DeadLetterWalk(AmqpConnections connections, IAmqpConnection connection, DeadLetterSettings settings, TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private const int AccessRefused = 403;

    // A broker allows 2047 channels to a connection.
    private const long MostChannels = 1000;

    private readonly List<IAmqpChannel> _channels = [];
    private DeadLetterPage? _page;
    private long _taken;

    /// <summary>How many there were at the start, which is how many are looked at at the most.</summary>
    public long Total { get; private set; }

    /// <summary>How many were looked at.</summary>
    public long Seen { get; private set; }

    /// <summary>Takes one of a page's letters out of the queue for good.</summary>
    public async Task AcknowledgeAsync(IAmqpChannel channel, ulong tag)
    {
        await channel.AcknowledgeAsync(tag, multiple: false);
        _taken++;
        _page?.HasRoomForAnother();
    }

    /// <summary>Goes through the queue, and takes none whole.</summary>
    /// <exception cref="DeadLetterException">Looking would change them, another consumer has the queue, or the channel was lost.</exception>
    public Task VisitAsync(Action<DeadLetterSummary> visit, CancellationToken cancellationToken) => RunAsync(
        letter =>
        {
            visit(letter);
            return false;
        },
        (_, _) => Task.FromResult(true),
        cancellationToken);

    /// <summary>Goes through the queue.</summary>
    /// <param name="wants">Asked of each whether it is wanted whole.</param>
    /// <param name="take">Given those of a page, or some of them where they are large, and the channel to acknowledge on; says whether to go on.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="DeadLetterException">Looking would change them, another consumer has the queue, or the channel was lost.</exception>
    public async Task RunAsync(
        Func<DeadLetterSummary, bool> wants,
        Func<IReadOnlyList<(ulong Tag, DeadLetterContent Letter)>, IAmqpChannel, Task<bool>> take,
        CancellationToken cancellationToken)
    {
        if (!await MayLookAsync(cancellationToken))
        {
            return;
        }

        try
        {
            Total = await CountAsync(cancellationToken);
            long most = Math.Min(Total, settings.MaxListed);
            long page = Math.Min(ushort.MaxValue, Math.Max(settings.Page, most / MostChannels));
            bool goOn = true;
            while (goOn && Seen < most)
            {
                long left = most - Seen;
                IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
                _channels.Add(channel);
                _page = new DeadLetterPage(channel, (int)Math.Min(page, left), left, settings.PageBytes, wants);
                goOn = await LookAsync(_page, take, cancellationToken);
                Seen += _page.Received;
                goOn &= _page.Received > 0;
            }

            // Which gives back what is unacknowledged.
            foreach (IAmqpChannel used in _channels)
            {
                await used.DisposeAsync();
            }

            await WaitUntilBackAsync(cancellationToken);
        }
        catch (AmqpException e) when (e.Code == AccessRefused)
        {
            throw new DeadLetterException(
                $"The dead letters cannot be looked at: {e.Message}. Another consumer may have the queue '{Letter.Exchange}'; try again when it is gone.", e);
        }
        finally
        {
            foreach (IAmqpChannel used in _channels)
            {
                await used.DisposeAsync();
            }
        }
    }

    /// <summary>Finds out whether looking uses letters up: a queue that is not a classic one counts how often it delivers a message, and drops it in the end.
    /// Over AMQP nobody is told after how many times, where a policy or the broker's default says it.</summary>
    /// <returns>False where there is no queue yet: nothing was ever dead-lettered.</returns>
    private async Task<bool> MayLookAsync(CancellationToken cancellationToken)
    {
        var expected = new AmqpTopologySettings { Queues = [new AmqpQueue(Letter.Exchange)] };
        TopologyFinding queue = (await new AmqpTopology(connections, expected).InspectAsync(cancellationToken))[0];
        return queue switch
        {
            { State: TopologyState.Absent } => false,
            { State: TopologyState.Unknown } => throw new DeadLetterException($"Nothing was looked at: the broker could not be asked: {queue.Text}."),
            _ when settings.UnlimitedDeliveries => true,
            { CountsDeliveries: true } => throw new DeadLetterException($"Nothing was looked at: the queue '{Letter.Exchange}' is a quorum queue, which counts "
                + "each look as a delivery and drops a dead letter after a number of them (20 by default from RabbitMQ 4.0 on, or what a policy says). Have the "
                + "engine declare a classic queue: stop all nodes, move its messages away (a shovel does), delete it, start, and move them back. Or, where it "
                + "has no delivery limit, set dataload.dead-letters.unlimited-deliveries = on."),
            { CountsDeliveries: null } => throw new DeadLetterException($"Nothing was looked at: whether the queue '{Letter.Exchange}' counts looks as "
                + $"deliveries cannot be found out ({queue.Text}). Give the user the right 'configure' on it; or, where it is a classic queue or has no delivery "
                + "limit, set dataload.dead-letters.unlimited-deliveries = on."),
            { IsUsable: false } => throw new DeadLetterException($"Nothing was looked at: the queue '{Letter.Exchange}' cannot be used: {queue.Text}."),
            _ => true,
        };
    }

    private async Task<bool> LookAsync(
        DeadLetterPage page, Func<IReadOnlyList<(ulong Tag, DeadLetterContent Letter)>, IAmqpChannel, Task<bool>> take, CancellationToken cancellationToken)
    {
        await page.BeginAsync(cancellationToken);
        bool goOn = true;
        while (goOn && !page.IsWhole)
        {
            using var timer = new CancellationTokenSource(Quiet, time);
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
            try
            {
                await page.ReadAsync(quiet.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Fewer are left than were counted: somebody took them, or their time to live ended.
                break;
            }

            goOn = await TakeAsync(whole: false);
        }

        // First, so that what is acknowledged from here on makes room for nothing that would not be looked at.
        await page.EndAsync(cancellationToken);
        return goOn && await TakeAsync(whole: true);

        async Task<bool> TakeAsync(bool whole) => page.Claim(whole) is not { Count: > 0 } wanted || await take(wanted, page.Channel);
    }

    private async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        await using IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        return (await channel.DeclareAsync(new AmqpQueue(Letter.Exchange), passive: true, cancellationToken)).Messages;
    }

    /// <summary>The broker gives a page after the other back to the queue in its own time, and the next walk would miss those that are not there yet.
    /// Somebody else may take some meanwhile, so it is not waited for long.</summary>
    private async Task WaitUntilBackAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (await CountAsync(cancellationToken) < Total - _taken && time.GetElapsedTime(start) < settings.Patience)
        {
            await Task.Delay(Step, time, cancellationToken);
        }
    }
}

/// <summary>A page of the queue: reads each message as it comes, and keeps only what is wanted whole.</summary>
/// <param name="channel">The channel, which is the page's alone.</param>
/// <param name="count">How many messages may be unacknowledged.</param>
/// <param name="left">How many there are at the most.</param>
/// <param name="maxBytes">About how many bytes may be in memory before they are to be claimed.</param>
/// <param name="wants">Asked of each whether it is wanted whole.</param>
internal sealed class DeadLetterPage(IAmqpChannel channel, int count, long left, long maxBytes, Func<DeadLetterSummary, bool> wants)
{
    private readonly Channel<bool> _arrived =
        System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private List<(ulong Tag, DeadLetterContent Letter)> _wanted = [];
    private DeliveryRing? _ring;
    private long _expected = count;
    private long _bytes;

    public IAmqpChannel Channel => channel;

    /// <summary>How many messages came.</summary>
    public int Received { get; private set; }

    /// <summary>Whether all came.</summary>
    public bool IsWhole => Received >= Math.Min(_expected, left);

    /// <summary>Says that one was acknowledged, which has another one delivered.</summary>
    public void HasRoomForAnother() => _expected++;

    /// <summary>Has them delivered: to this consumer alone, so that no walk of somebody else takes half of the queue away meanwhile.</summary>
    public Task BeginAsync(CancellationToken cancellationToken)
    {
        _ring = new DeliveryRing(count, maxBytes, () => _arrived.Writer.TryWrite(true));
        _ = WakeAtEndAsync();
        return channel.ConsumeAsync(Letter.Exchange, count, isExclusive: true, _ring, cancellationToken);
    }

    /// <summary>Waits until messages came, and reads them.</summary>
    /// <exception cref="DeadLetterException">There will be no more.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await _arrived.Reader.ReadAsync(cancellationToken);
        Received += _ring!.TakeAll(Read);
        if (!IsWhole && channel.Ended.IsCompleted)
        {
            throw new DeadLetterException($"The broker closed the channel: {(await channel.Ended).Reason}. Nothing is lost; try again.");
        }
    }

    /// <summary>Those that are wanted and were not claimed yet: when the page is over, or they take more memory than they may.</summary>
    public List<(ulong Tag, DeadLetterContent Letter)> Claim(bool whole)
    {
        if (!whole && _bytes < maxBytes)
        {
            return [];
        }

        List<(ulong Tag, DeadLetterContent Letter)> claimed = _wanted;
        (_wanted, _bytes) = ([], 0);
        return claimed;
    }

    /// <summary>Ends the consumer; what it delivered stays unacknowledged.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await channel.CancelAsync();

        // Answered when the broker has cancelled, so that the next page's consumer may be the only one.
        await channel.DeclareAsync(new AmqpQueue(Letter.Exchange), passive: true, cancellationToken);
    }

    private async Task WakeAtEndAsync()
    {
        await channel.Ended;
        _arrived.Writer.TryWrite(true);
    }

    private void Read(Delivery delivery)
    {
        DeadLetterSummary summary = DeadLetterReader.Read(delivery.Properties, delivery.Body.Span);
        if (wants(summary))
        {
            _wanted.Add((delivery.Tag, new DeadLetterContent(summary, delivery.Properties.Copy(), delivery.Body.ToArray())));
            _bytes += delivery.Bytes;
        }
    }
}
