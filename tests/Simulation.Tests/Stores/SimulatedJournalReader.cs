using System.Runtime.CompilerServices;
using Akka;
using Akka.Persistence.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;
using DataLoad.Engine.Journaling;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>
/// Reads the journal on the simulation's thread: Akka's own way to enumerate a stream goes on, after each element, on a thread
/// of the pool.
/// </summary>
internal sealed class SimulatedJournalReader(ICurrentEventsByPersistenceIdQuery journal, IMaterializer materializer) : JournalReader(journal, materializer)
{
    private readonly IMaterializer _materializer = materializer;

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<T> EnumerateAsync<T>(Source<T, NotUsed> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = new Reading<T>();
        source.To(Sink.FromGraph(new ReadingStage<T>(reading))).Run(_materializer);
        try
        {
            while (await reading.NextAsync().WaitAsync(cancellationToken) is { } element)
            {
                yield return element.Value;
            }
        }
        finally
        {
            reading.Cancel();
        }
    }

    private sealed record Element<T>(T Value);

    /// <summary>What the reader and the stage know of each other.</summary>
    private sealed class Reading<T>
    {
        public TaskCompletionSource<Element<T>?>? Asked { get; private set; }

        public bool IsCancelled { get; private set; }

        /// <summary>Set by the stage when it has started.</summary>
        public Action? Notify { get; set; }

        /// <summary>Set by the stage when it has ended; the cause, or null where all was read.</summary>
        public (bool HasEnded, Exception? Cause) End { get; set; }

        public Task<Element<T>?> NextAsync()
        {
            Asked = new TaskCompletionSource<Element<T>?>();
            Task<Element<T>?> asked = Asked.Task;
            if (End.HasEnded)
            {
                Answer(null);
            }
            else
            {
                Notify?.Invoke();
            }

            return asked;
        }

        public void Cancel()
        {
            IsCancelled = true;
            Notify?.Invoke();
        }

        /// <summary>Answers what was asked for; nothing where the stage ended.</summary>
        public void Answer(Element<T>? element)
        {
            TaskCompletionSource<Element<T>?>? asked = Asked;
            Asked = null;
            if (End.Cause is { } cause)
            {
                asked?.TrySetException(cause);
            }
            else
            {
                asked?.TrySetResult(element);
            }
        }
    }

    private sealed class ReadingStage<T>(Reading<T> reading) : GraphStage<SinkShape<T>>
    {
        private readonly Inlet<T> _in = new("reading");

        public override SinkShape<T> Shape => new(_in);

        protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, reading);

        private sealed class Logic : InGraphStageLogic
        {
            private readonly ReadingStage<T> _stage;
            private readonly Reading<T> _reading;

            public Logic(ReadingStage<T> stage, Reading<T> reading)
                : base(stage.Shape)
            {
                _stage = stage;
                _reading = reading;
                SetHandler(stage._in, this);
            }

            public override void PreStart()
            {
                _reading.Notify = GetAsyncCallback(Look);
                Look();
            }

            public override void OnPush() => _reading.Answer(new Element<T>(Grab(_stage._in)));

            public override void OnUpstreamFinish() => End(null);

            public override void OnUpstreamFailure(Exception e) => End(e);

            private void Look()
            {
                if (_reading.IsCancelled)
                {
                    CompleteStage();
                }
                else if (_reading.Asked is not null && !HasBeenPulled(_stage._in) && !IsClosed(_stage._in))
                {
                    Pull(_stage._in);
                }
            }

            private void End(Exception? cause)
            {
                _reading.End = (true, cause);
                CompleteStage();
                if (_reading.Asked is not null)
                {
                    _reading.Answer(null);
                }
            }
        }
    }
}
