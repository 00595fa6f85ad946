using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Streams.Amqp.Wire;

namespace DataLoad.Streams.Amqp;

/// <summary>Publishes requests with confirms and emits each result as it comes; see <see cref="AmqpFlow.Publish"/>.</summary>
internal sealed class PublishStage<T>(AmqpConnections connections, AmqpPublishSettings settings) : GraphStage<FlowShape<PublishRequest<T>, PublishResult<T>>>
{
    private readonly Inlet<PublishRequest<T>> _in = new("AmqpPublish.in");
    private readonly Outlet<PublishResult<T>> _out = new("AmqpPublish.out");

    public override FlowShape<PublishRequest<T>, PublishResult<T>> Shape => new(_in, _out);

    protected override Attributes InitialAttributes => Attributes.CreateName("amqpPublish");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(Shape, connections, settings);

    /// <summary>A channel with confirms; what it hears it brings to the stage in the broker's order.</summary>
    private sealed class Publisher(IAmqpConnection connection, IAmqpChannel channel, Action<(Publisher, Action<Logic>)> hear)
        : IPublishConfirms, IAsyncDisposable
    {
        public IAmqpConnection Connection => connection;
        public IAmqpChannel Channel => channel;
        public UnconfirmedMessages<T> Unconfirmed { get; } = new();

        /// <summary>Whether what was published last is alone, to be found at fault or not.</summary>
        public bool HasSuspect { get; set; }

        public static async Task<Publisher> OpenAsync(AmqpConnections connections, Action<(Publisher, Action<Logic>)> hear, CancellationToken cancellationToken)
        {
            IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Publishing, cancellationToken);
            IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
            return await new Publisher(connection, channel, hear).OrDisposeAsync(publisher => channel.ConfirmAsync(publisher, cancellationToken));
        }

        public ValueTask DisposeAsync() => channel.DisposeAsync();

        public void Confirmed(ulong number, bool multiple) => hear((this, logic => logic.OnConfirmed(this, number, multiple)));
        public void Nacked(ulong number, bool multiple) => hear((this, logic => logic.OnNacked(this, number, multiple)));
        public void Returned(int code, string text, Delivery message) => hear((this, _ => Unconfirmed.Return(code, text, message)));
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string OpenTimer = "open";
        private const string CheckTimer = "check";
        private static readonly TimeSpan LongestCheck = TimeSpan.FromMilliseconds(250);

        private readonly Inlet<PublishRequest<T>> _in;
        private readonly Outlet<PublishResult<T>> _out;
        private readonly AmqpConnections _connections;
        private readonly AmqpPublishSettings _settings;
        private readonly CancellationTokenSource _ending = new();
        private readonly Action<(Publisher, Action<Logic>)> _hear;
        private readonly Action<Task<Publisher>> _opened;
        private readonly Action<Publisher> _written;
        private readonly Queue<Publication<T>> _unsent = new();
        private readonly Queue<PublishResult<T>> _results = new();
        private readonly SuspectMessages _suspects;
        private Task<Publisher>? _opening;
        private Publisher? _publisher;
        private Akka.Actor.IScheduler? _clock;
        private string _error = "there is no connection yet";
        private long _bytes;
        private int _failures;
        private bool _isWriting;
        private bool _isWaiting;

        public Logic(FlowShape<PublishRequest<T>, PublishResult<T>> shape, AmqpConnections connections, AmqpPublishSettings settings)
            : base(shape)
        {
            (_in, _out, _connections, _settings) = (shape.Inlet, shape.Outlet, connections, settings);
            _suspects = new SuspectMessages(4 * settings.MaxInFlight);
            _hear = GetAsyncCallback<(Publisher Publisher, Action<Logic> What)>(heard =>
            {
                if (heard.Publisher == _publisher)
                {
                    heard.What(this);
                    GoOn();
                }
            });
            _opened = GetAsyncCallback<Task<Publisher>>(OnOpened);
            _written = GetAsyncCallback<Publisher>(publisher =>
            {
                _isWriting = _isWriting && publisher != _publisher;
                GoOn();
            });
            SetHandler(_in, onPush: () => Accept(Grab(_in)), onUpstreamFinish: GoOn);
            SetHandler(_out, onPull: GoOn);
        }

        public override void PreStart()
        {
            _clock = ((ActorMaterializer)Materializer).System.Scheduler;
            TimeSpan check = _settings.ConfirmTimeout / 4;
            ScheduleRepeatedly(CheckTimer, check < LongestCheck ? check : LongestCheck);
        }

        public override void PostStop()
        {
            _ending.Cancel();
            _ = _opening?.DisposeResultAsync();
            _ = _publisher?.DisposeAsync().AsTask();
        }

        public void OnConfirmed(Publisher publisher, ulong number, bool multiple)
        {
            foreach (Publication<T> message in publisher.Unconfirmed.Take(number, multiple))
            {
                PublishOutcome outcome = message.Returned is null ? PublishOutcome.Confirmed : PublishOutcome.Returned;
                Report(message, outcome, message.Returned?.Code ?? 0, message.Returned?.Text ?? "");
            }
        }

        public void OnNacked(Publisher publisher, ulong number, bool multiple)
        {
            foreach (Publication<T> message in publisher.Unconfirmed.Take(number, multiple))
            {
                Report(message, PublishOutcome.Nacked, 0, "the broker does not take the message: a queue may be full");
            }
        }

        protected override void OnTimer(object timerKey)
        {
            if (timerKey is OpenTimer)
            {
                _isWaiting = false;
            }
            else
            {
                TimeOut();
            }

            GoOn();
        }

        private void Accept(PublishRequest<T> request)
        {
            var message = new Publication<T>(request, _clock!.MonotonicClock + _settings.ConfirmTimeout);
            _bytes += request.Message.Bytes;
            (int exchange, int routingKey) = (request.Message.Exchange.Length, request.Message.RoutingKey.Length);
            if (exchange > byte.MaxValue || routingKey > byte.MaxValue)
            {
                string text = $"the exchange's name has {exchange} bytes and the routing key {routingKey}; AMQP takes at most 255";
                Report(message, PublishOutcome.TooLarge, 0, text);
            }
            else
            {
                _unsent.Enqueue(message);
            }

            GoOn();
        }

        /// <summary>Does whatever can be done: open, send, emit, ask for more, complete.</summary>
        private void GoOn()
        {
            Open();
            Send();
            if (_results.Count > 0 && IsAvailable(_out))
            {
                Push(_out, _results.Dequeue());
            }

            int inFlight = _unsent.Count + _results.Count + (_publisher?.Unconfirmed.Count ?? 0);
            if (IsClosed(_in))
            {
                if (inFlight == 0)
                {
                    CompleteStage();
                }
            }
            else if (!HasBeenPulled(_in) && inFlight < _settings.MaxInFlight && (_bytes < _settings.MaxInFlightBytes || inFlight == 0))
            {
                Pull(_in);
            }
        }

        private void Open()
        {
            if (_publisher is null && _opening is null && !_isWaiting && _unsent.Count > 0)
            {
                _opening = Publisher.OpenAsync(_connections, _hear, _ending.Token);
                _opening.OnEnd(_opened);
            }
        }

        private void OnOpened(Task<Publisher> opening)
        {
            _opening = null;
            if (opening.IsCompletedSuccessfully)
            {
                Publisher publisher = _publisher = opening.Result;
                _isWriting = false;
                publisher.Channel.Ended.OnEnd(ended => _hear((publisher, logic => logic.OnEnded(publisher, ended.Result))));
            }
            else
            {
                _error = opening.Exception?.GetBaseException().Message ?? "connecting was cancelled";
                WaitToOpen();
            }

            GoOn();
        }

        private void WaitToOpen()
        {
            _failures = Math.Min(_failures + 1, 30);
            double milliseconds = Math.Min(_settings.MaxBackoff.TotalMilliseconds, _settings.MinBackoff.TotalMilliseconds * Math.Pow(2, _failures - 1));
            _isWaiting = true;
            ScheduleOnce(OpenTimer, TimeSpan.FromMilliseconds(milliseconds));
            Log.Warning("Publishing waits {0} ms for a connection: {1}", milliseconds, _error);
        }

        private void Send()
        {
            while (_publisher is { } publisher && _unsent.TryPeek(out Publication<T>? message) && !_isWriting && publisher.Connection.Blocked is null)
            {
                bool isSuspect = _suspects.Contains(message.Request.Message);
                if ((isSuspect || publisher.HasSuspect) && !publisher.Unconfirmed.IsEmpty)
                {
                    return;
                }

                publisher.HasSuspect = isSuspect;
                _unsent.Dequeue();
                int most = PublishFrames.MaxPropertiesBytes(publisher.Connection.MaxFrameBytes);
                int properties = message.Request.Message.Properties.Bytes.Length;
                if (properties > most)
                {
                    string text = $"the properties and headers have {properties} bytes, where a frame of this connection holds {most}";
                    Report(message, PublishOutcome.TooLarge, 0, text);
                    continue;
                }

                publisher.Unconfirmed.Add(message);
                Task written = publisher.Channel.PublishAsync(message.Request.Message, _settings.IsMandatory);
                if (!written.IsCompletedSuccessfully)
                {
                    // One that fails is followed by the channel's end.
                    _isWriting = true;
                    written.OnSuccess(() => _written(publisher));
                }
            }
        }

        /// <summary>All that were unconfirmed are lost, but for a single one that the broker closed the channel over: then that is the one at fault.</summary>
        private void OnEnded(Publisher publisher, AmqpEnd end)
        {
            bool isAlone = publisher.Unconfirmed.Count == 1 && publisher.Unconfirmed.Reported == 0;

            // What another channel sent may have ended a connection, so that one is believed only when it was lost over the same message twice.
            bool isAtFault = isAlone && end.IsRefusal && (!end.OfConnection || publisher.HasSuspect);
            PublishOutcome outcome = !isAtFault ? PublishOutcome.ConnectionLost
                : end.Reason.Contains("message size", StringComparison.OrdinalIgnoreCase) ? PublishOutcome.TooLarge
                : PublishOutcome.Refused;
            foreach (Publication<T> message in publisher.Unconfirmed.Take(0, multiple: true))
            {
                Report(message, outcome, end.Code, end.Reason);
                if (!isAtFault && end.IsRefusal)
                {
                    _suspects.Add(message.Request.Message);
                }
            }

            _publisher = null;
            _isWriting = false;
            _error = end.Reason;
            _ = publisher.DisposeAsync().AsTask();
            if (end.OfConnection)
            {
                WaitToOpen();
            }
        }

        private void TimeOut()
        {
            TimeSpan now = _clock!.MonotonicClock;
            foreach (Publication<T> message in _publisher?.Unconfirmed.TimeOut(now) ?? [])
            {
                string why = _publisher!.Connection.Blocked is { } reason ? $" (the broker blocks publishing: {reason})" : "";
                Report(message, PublishOutcome.TimedOut, 0, $"no confirm came within {_settings.ConfirmTimeout}{why}");
            }

            while (_unsent.TryPeek(out Publication<T>? unsent) && unsent.Due <= now)
            {
                _unsent.Dequeue();
                if (_publisher is null)
                {
                    Report(unsent, PublishOutcome.ConnectionLost, 0, $"there was no connection within {_settings.ConfirmTimeout}: {_error}");
                }
                else
                {
                    string why = _publisher.Connection.Blocked is { } reason ? $"the broker blocks publishing: {reason}" : "others before it are not confirmed";
                    Report(unsent, PublishOutcome.TimedOut, 0, $"it was not sent within {_settings.ConfirmTimeout}: {why}");
                }
            }

            if (_publisher is not { } publisher)
            {
                return;
            }

            bool isSuspectNext = _unsent.TryPeek(out Publication<T>? next) && _suspects.Contains(next.Request.Message);
            bool isWaitedFor = publisher.Unconfirmed.Count == 0 && (publisher.HasSuspect || isSuspectNext);
            if (publisher.Unconfirmed.Reported > (isWaitedFor ? 0 : _settings.MaxInFlight))
            {
                // A channel that confirms nothing any more is not waited for.
                OnEnded(publisher, new AmqpEnd(0, "the broker confirms nothing", OfConnection: false));
            }
        }

        private void Report(Publication<T> message, PublishOutcome outcome, int code, string text)
        {
            _failures = outcome is PublishOutcome.Confirmed ? 0 : _failures;
            _bytes -= message.Request.Message.Bytes;
            if (outcome is not (PublishOutcome.ConnectionLost or PublishOutcome.TimedOut))
            {
                _suspects.Remove(message.Request.Message);
            }

            _results.Enqueue(new PublishResult<T>(message.Request, outcome, code, text));
        }
    }
}
