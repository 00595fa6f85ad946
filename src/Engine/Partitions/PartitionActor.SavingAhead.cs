using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;

namespace DataLoad.Engine.Partitions;

/// <content>Counters that somebody is about to read from the store are saved ahead of the checkpoint that would save them; events go on being taken in
/// meanwhile.</content>
internal sealed partial class PartitionActor
{
    private readonly Queue<CounterEntry> _aheadQueue = new();
    private readonly List<SaveQuestion> _saveQuestions = [];

    private void OnSaveCounters(SaveCounters question)
    {
        HashSet<TopicKey> topics = [.. question.Topics];
        CounterEntry[] unsaved = [.. _counters.Values.Where(entry => !entry.IsSaved && entry.Id.PageId == question.Page
            && entry.Id.Day >= question.From && entry.Id.Day <= question.Through && (topics.Count == 0 || topics.Contains(entry.Id.Topic)))];
        if (unsaved.Length == 0 || Fault.Is(FaultPoint.SaveAnsweredBeforeWritten))
        {
            Sender.Tell(new Done(_partition));
            return;
        }

        foreach (CounterEntry entry in unsaved)
        {
            _aheadQueue.Enqueue(entry);
        }

        _saveQuestions.Add(new SaveQuestion(Sender, [.. unsaved.Select(entry => (entry, entry.SlicedSequenceNr))]));
        Upkeep();
    }

    /// <summary>Answers those whose Counters are all in the store as they were when it was asked.</summary>
    private void AnswerSaveQuestions()
    {
        foreach (SaveQuestion question in _saveQuestions)
        {
            // A rebuild may have set a Counter back; one that was passivated is saved.
            question.Awaited.RemoveAll(one => one.Entry.SavedSequenceNr >= Math.Min(one.SequenceNr, one.Entry.SlicedSequenceNr)
                || !_counters.ContainsKey(one.Entry.Id));
            if (question.Awaited.Count == 0)
            {
                question.Asker.Tell(new Done(_partition));
            }
        }

        _saveQuestions.RemoveAll(question => question.Awaited.Count == 0);
    }

    /// <summary>Who asked, and which Counters are to be stored at which SequenceNr, or a later one.</summary>
    private sealed record SaveQuestion(IActorRef Asker, List<(CounterEntry Entry, long SequenceNr)> Awaited);
}
