using Akka;
using Akka.Persistence.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>Reads the simulated journal: a page at a time, when it is asked for more.</summary>
internal sealed class SimulatedReadJournal(JournalTable table, StoreWire wire, int pageRows) : ICurrentEventsByPersistenceIdQuery
{
    /// <inheritdoc/>
    public Source<EventEnvelope, NotUsed> CurrentEventsByPersistenceId(string persistenceId, long fromSequenceNr, long toSequenceNr) =>
        Source.FromGraph(new ReadStage(table, wire, pageRows, persistenceId, fromSequenceNr, toSequenceNr));

    private sealed class ReadStage(JournalTable table, StoreWire wire, int pageRows, string persistenceId, long from, long to) : GraphStage<SourceShape<EventEnvelope>>
    {
        private readonly Outlet<EventEnvelope> _out = new("journal");

        public override SourceShape<EventEnvelope> Shape => new(_out);

        protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

        private sealed class Logic : OutGraphStageLogic
        {
            private readonly ReadStage _stage;
            private readonly Queue<JournalRow> _page = [];
            private readonly Action<Task<IReadOnlyList<JournalRow>>> _read;
            private long _next;
            private long _to = -1;
            private bool _isLast;

            public Logic(ReadStage stage)
                : base(stage.Shape)
            {
                _stage = stage;
                _next = stage.From;
                _read = GetAsyncCallback<Task<IReadOnlyList<JournalRow>>>(OnRead);
                SetHandler(stage._out, this);
            }

            public override void OnPull()
            {
                if (_page.TryDequeue(out JournalRow? row))
                {
                    Push(_stage._out, new EventEnvelope(new Sequence(row.SequenceNr), row.PersistenceId, row.SequenceNr, row.Payload, timestamp: 0, tags: []));
                }
                else if (_isLast)
                {
                    CompleteStage();
                }
                else
                {
                    Task<IReadOnlyList<JournalRow>> read = _stage.ReadPageAsync(_next, Bound);
                    _ = read.ContinueWith(_read, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }

            private long Bound(long highest) => _to >= 0 ? _to : _to = Math.Min(highest, _stage.To);

            private void OnRead(Task<IReadOnlyList<JournalRow>> read)
            {
                if (read.Exception is { } failure)
                {
                    FailStage(failure.InnerException!);
                    return;
                }

                foreach (JournalRow row in read.Result)
                {
                    _page.Enqueue(row);
                    _next = row.SequenceNr + 1;
                }

                _isLast = read.Result.Count < _stage.PageRows;
                OnPull();
            }
        }

        private long From => from;

        private long To => to;

        private int PageRows => pageRows;

        /// <summary>A page, up to what was the highest number when the first one was read.</summary>
        private Task<IReadOnlyList<JournalRow>> ReadPageAsync(long next, Func<long, long> bound) =>
            wire.ReadAsync("Journal.Read", () => table.Read(persistenceId, next, bound(table.Highest(persistenceId)), pageRows), CancellationToken.None)
                .AsTask();
    }
}
