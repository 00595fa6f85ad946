using System.Threading.Channels;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Intake;

/// <summary>Takes up one stream's parked deliveries when they are due, a batch at a time, and removes those that are done.</summary>
internal sealed class ParkedReturns
{
    private readonly StreamDefinition _stream;
    private readonly PipelineOptions _options;
    private readonly StreamPipeline _pipeline;
    private readonly Signal _arrived;
    private readonly StreamPause _pause;
    private readonly List<Delivery> _slots = [];
    private readonly List<Delivery> _batch = [];
    private volatile bool _stopping;

    public ParkedReturns(StreamDefinition stream, PipelineOptions options, StreamPause pause)
    {
        _stream = stream;
        _options = options;
        _pause = pause;
        _pipeline = new StreamPipeline(stream, options);
        _arrived = options.Parking.ArrivedOf(stream.Name);
    }

    public StreamDefinition Stream => _stream;

    public string? Failing => _pipeline.Failing;

    /// <summary>Asks to take up no more; <see cref="RunAsync"/> returns when the batch in hand is done.</summary>
    public void Stop()
    {
        _stopping = true;
        _arrived.Set();
    }

    /// <summary>Runs until stopped or cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        int limit = _options.Settings.ParkedBatch;
        while (!_stopping)
        {
            if (_pause.IsPaused)
            {
                await _pause.WhenResumedAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            IReadOnlyList<ParkedDelivery> due = await _options.Parking.DueAsync(_stream.Name, NowMs, limit, cancellationToken).ConfigureAwait(false);
            if (due.Count > 0)
            {
                // After a fault they are taken up one by one, so that only the one that causes it is left aside.
                limit = await TryTakeUpAsync(due, cancellationToken).ConfigureAwait(false) ? _options.Settings.ParkedBatch : 1;
                continue;
            }

            long? next = await _options.Parking.NextDueAsync(_stream.Name, cancellationToken).ConfigureAwait(false);
            await WaitAsync(next, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryTakeUpAsync(IReadOnlyList<ParkedDelivery> due, CancellationToken cancellationToken)
    {
        try
        {
            await TakeUpAsync(due, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is not ChannelClosedException && !cancellationToken.IsCancellationRequested)
        {
            // A shard's mailbox that is closed is no fault of the delivery: its shard was taken over, and the next owner
            // takes the delivery up at once.
            IntakeLog.ParkedFailed(_options.Logger, _stream.Name, due.Count, e.Message);
            if (due.Count == 1)
            {
                await _options.Parking.ParkAgainAsync([LeftAside(due[0])], cancellationToken).ConfigureAwait(false);
            }

            return false;
        }
    }

    private ParkedDelivery LeftAside(ParkedDelivery parked) => parked with { DueMs = NowMs + (long)_options.Settings.ParkedFaultDelay.TotalMilliseconds };

    private async Task WaitAsync(long? nextMs, CancellationToken cancellationToken)
    {
        // Something parked meanwhile may be due earlier, so its arrival ends the wait too.
        long longestMs = (long)_options.Settings.ParkedLookInterval.TotalMilliseconds;
        long waitMs = nextMs is long next ? Math.Clamp(next - NowMs, 1, longestMs) : longestMs;
        await using ITimer timer = _options.Time.CreateTimer(_ => _arrived.Set(), state: null, TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);
        await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeUpAsync(IReadOnlyList<ParkedDelivery> due, CancellationToken cancellationToken)
    {
        _batch.Clear();
        var ids = new List<Guid>();
        var damaged = new List<ParkedDelivery>();
        foreach (ParkedDelivery parked in due)
        {
            try
            {
                Load(parked, ids.Count);
                ids.Add(parked.Id);
            }
            catch (StoredFormatException e)
            {
                IntakeLog.ParkedDamaged(_options.Logger, _stream.Name, e.Message);
                damaged.Add(LeftAside(parked));
            }
        }

        if (damaged.Count > 0)
        {
            await _options.Parking.ParkAgainAsync(damaged, cancellationToken).ConfigureAwait(false);
        }

        if (Fault.Is(FaultPoint.ParkedRemovedEarly))
        {
            await _options.Parking.RemoveAsync(ids, cancellationToken).ConfigureAwait(false);
        }

        var sink = new CollectingSink(ids);
        int again = await _pipeline.ProcessAsync(_batch, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Guid> done = await sink.WhenCompleteAsync(ids.Count - again, cancellationToken).ConfigureAwait(false);
        if (done.Count > 0)
        {
            await _options.Parking.RemoveAsync(done, cancellationToken).ConfigureAwait(false);
        }

        foreach (Delivery delivery in _batch)
        {
            delivery.Release();
        }
    }

    private void Load(ParkedDelivery parked, int place)
    {
        (long receivedMs, RabbitMQ.Client.BasicProperties properties, byte[] body) = ParkedMessage.Decode(parked.Id, parked.Message);
        if (place == _slots.Count)
        {
            _slots.Add(new Delivery(_stream));
        }

        Delivery delivery = _slots[place];
        delivery.Fill((ulong)place, properties, body);
        delivery.ReceivedMs = receivedMs;
        delivery.ParkedAs = parked.Id;
        delivery.Tries = parked.Tries;
        _batch.Add(delivery);
    }

    private long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
}
