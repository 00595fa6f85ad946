using Akka.Persistence.Query;
using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Passes a Partition's entries on while their numbers follow each other without a gap, from the first that was asked for to the last.</summary>
/// <remarks>Fails with a <see cref="StoredFormatException"/> that names the place where they do not, or where one does not read.</remarks>
internal sealed class EntrySequence(int partition, long fromSequenceNr, long toSequenceNr) : GraphStage<FlowShape<EventEnvelope, PersistedEntry>>
{
    private readonly Inlet<EventEnvelope> _in = new("entries.in");
    private readonly Outlet<PersistedEntry> _out = new("entries.out");

    public override FlowShape<EventEnvelope, PersistedEntry> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, partition, fromSequenceNr, toSequenceNr);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly EntrySequence _stage;
        private readonly int _partition;
        private readonly long _to;
        private long _last;

        public Logic(EntrySequence stage, int partition, long from, long to)
            : base(stage.Shape)
        {
            _stage = stage;
            _partition = partition;
            _last = from - 1;
            _to = to;
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void OnPush()
        {
            EventEnvelope envelope = Grab(_stage._in);
            if (envelope.SequenceNr != _last + 1)
            {
                FailStage(JournalFault.Gap(_partition, _last, envelope.SequenceNr));
                return;
            }

            _last = envelope.SequenceNr;
            switch (envelope.Event)
            {
                case UnreadableEntry unreadable:
                    FailStage(JournalFault.Damaged(_partition, _last, unreadable.Fault));
                    break;
                case IJournalEntry entry:
                    Push(_stage._out, new PersistedEntry(_partition, _last, entry));
                    break;
                default:
                    FailStage(JournalFault.Damaged(_partition, _last, new InvalidDataException($"its entry is a {envelope.Event.GetType()}")));
                    break;
            }
        }

        public override void OnPull() => Pull(_stage._in);

        public override void OnUpstreamFinish()
        {
            if (_to != long.MaxValue && _last < _to)
            {
                FailStage(JournalFault.Short(_partition, _last, _to));
            }
            else
            {
                CompleteStage();
            }
        }

        public override void OnUpstreamFailure(Exception e) => FailStage(JournalFault.IsOfAnEntry(e) ? JournalFault.DamagedBehind(_partition, _last, e) : e);
    }
}
