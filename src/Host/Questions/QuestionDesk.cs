using DataLoad.Engine.Clustering;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Questions;

namespace DataLoad.Host.Questions;

/// <summary>Lets so many ask for distinct people at the same time; whoever comes beyond that waits a while for their turn. Thread-safe.</summary>
internal sealed class QuestionDesk(ClusterNode node, IStore store, HostSettings settings) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(settings.Questions.MaxRunning);

    /// <summary>The bounds.</summary>
    public QuestionSettings Settings => settings.Questions;

    /// <summary>Waits for a turn.</summary>
    /// <exception cref="QuestionRefusedException">None came in time.</exception>
    public Task<QuestionTurn> EnterAsync(CancellationToken cancellationToken, IProgress<QuestionProgress>? progress = null) =>
        EnterAsync(Settings.Patience, cancellationToken, progress);

    /// <summary>Waits so long for a turn.</summary>
    /// <exception cref="QuestionRefusedException">None came in time.</exception>
    public async Task<QuestionTurn> EnterAsync(TimeSpan patience, CancellationToken cancellationToken, IProgress<QuestionProgress>? progress = null)
    {
        if (!await _turns.WaitAsync(patience, cancellationToken))
        {
            throw new QuestionRefusedException(
                $"{Settings.MaxRunning} questions are being answered already (dataload.questions.max-running): try again in a moment.");
        }

        return new QuestionTurn(node, new PeopleQuestions(new KeptSets(store.Snapshots, settings.Engine.Partitions.Partitions), Settings, progress), _turns);
    }

    /// <exception cref="QuestionTooLargeException">A question about so many days is too large.</exception>
    public void CheckDays(int days)
    {
        if (days > Settings.MaxDays)
        {
            throw new QuestionTooLargeException(
                $"Distinct columns are united over {Settings.MaxDays} days at the most (dataload.questions.max-days): these are {days}.");
        }
    }

    public void Dispose() => _turns.Dispose();
}

/// <summary>A turn of somebody who asks, until it is disposed of.</summary>
internal sealed class QuestionTurn(ClusterNode node, PeopleQuestions people, SemaphoreSlim turns) : IDisposable
{
    /// <summary>Answers from what Counters keep in the store.</summary>
    public PeopleQuestions People => people;

    /// <summary>Has the Partitions save what Counters hold until now, so that an answer is not older than the question.</summary>
    /// <exception cref="QuestionRefusedException">The node does not serve.</exception>
    /// <exception cref="PartitionNotServingException">A Partition does not serve.</exception>
    public Task SaveAsync(Page page, int from, int to, IReadOnlyList<TopicKey> topics, CancellationToken cancellationToken) =>
        node.IsServing && node.Partitions is { } partitions ? partitions.SaveAsync(page, from, to, topics, cancellationToken)
            : throw new QuestionRefusedException("The node runs no Partitions now; try again when it is ready.") { IsBusy = false };

    public void Dispose() => turns.Release();
}

/// <summary>A question cannot be asked now; the message says why, and that it may be later.</summary>
internal sealed class QuestionRefusedException(string message) : Exception(message)
{
    /// <summary>Whether that is because of others who ask; else the node does not serve.</summary>
    public bool IsBusy { get; init; } = true;
}
