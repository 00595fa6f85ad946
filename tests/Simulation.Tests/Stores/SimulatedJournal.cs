using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using DataLoad.Engine.Journaling;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>
/// The journal plugin over the simulated store. As Akka.Persistence.Sql does, it writes what has come meanwhile in one
/// transaction: entries of several persistence ids succeed or fail together.
/// </summary>
public sealed class SimulatedJournal : AsyncWriteJournal
{
    private readonly JournalTable _table;
    private readonly StoreWire _wire;
    private readonly int _maxBatch;
    private readonly JournalSerializer _serializer;
    private readonly List<(List<JournalRow> Rows, TaskCompletionSource<bool> Outcome)> _waiting = [];
    private bool _isWriting;

    /// <summary>Made by Akka.</summary>
    public SimulatedJournal(Config config)
    {
        JournalSetup setup = Context.System.Settings.Setup.Get<JournalSetup>() is { HasValue: true, Value: { } found }
            ? found
            : throw new InvalidOperationException("The actor system was started without a simulated journal.");
        _table = setup.Table;
        _wire = setup.Wire;
        _maxBatch = setup.MaxBatch;
        _serializer = new JournalSerializer((ExtendedActorSystem)Context.System);
    }

    /// <summary>What an actor system's configuration says to use it.</summary>
    public static Config Configuration { get; } = ConfigurationFactory.ParseString($$"""
        akka.persistence {
          max-concurrent-recoveries = 1024
          journal {
            plugin = "akka.persistence.journal.simulated"
            auto-start-journals = []
            simulated {
              class = "{{typeof(SimulatedJournal).AssemblyQualifiedName}}"
              plugin-dispatcher = "akka.actor.default-dispatcher"
              replay-dispatcher = "akka.actor.default-dispatcher"
              recovery-event-timeout = 1h
              circuit-breaker { max-failures = 1000000, call-timeout = infinite, reset-timeout = 1s }
              replay-filter.mode = off
            }
          }
        }
        """);

    /// <summary>Whether a write failed since one of its numbers was taken.</summary>
    public static bool IsConflict(Exception error) => error.Message.StartsWith("duplicate key", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        IReadOnlyList<JournalRow> rows = await _wire.ReadAsync(
            "Journal.Replay", () => _table.Read(persistenceId, fromSequenceNr, toSequenceNr, (int)Math.Min(max, int.MaxValue)), CancellationToken.None);
        foreach (JournalRow row in rows)
        {
            recoveryCallback(new Persistent(row.Payload, row.SequenceNr, persistenceId, manifest: "", sender: ActorRefs.NoSender));
        }
    }

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _wire.ReadAsync("Journal.Highest", () => _table.Highest(persistenceId), cancellationToken).AsTask();

    /// <inheritdoc/>
    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        List<JournalRow> rows =
        [
            .. messages.SelectMany(write => (IImmutableList<IPersistentRepresentation>)write.Payload)
                .Select(entry => new JournalRow(entry.PersistenceId, entry.SequenceNr, StoredForm(entry.Payload))),
        ];
        var outcome = new TaskCompletionSource<bool>();
        _waiting.Add((rows, outcome));
        if (!_isWriting)
        {
            _ = WriteWaitingAsync();
        }

        await outcome.Task;
        return null!;
    }

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The engine deletes entries by itself.");

    /// <summary>What is read back: entries go through the product's serializer.</summary>
    private object StoredForm(object payload) => payload is IJournalEntry entry
        ? _serializer.FromBinary(_serializer.ToBinary(entry), _serializer.Manifest(entry)) : payload;

    private async Task WriteWaitingAsync()
    {
        _isWriting = true;
        while (_waiting.Count > 0)
        {
            (List<JournalRow> Rows, TaskCompletionSource<bool> Outcome)[] batch = [.. _waiting.Take(_maxBatch)];
            _waiting.RemoveRange(0, batch.Length);
            JournalRow[] rows = [.. batch.SelectMany(one => one.Rows)];
            try
            {
                await _wire.WriteAsync("Journal.Write", () => Insert(rows), CancellationToken.None);
                Array.ForEach(batch, one => one.Outcome.TrySetResult(true));
            }
            catch (Exception e)
            {
                Array.ForEach(batch, one => _table.WriteFailed?.Invoke(one.Rows[0].PersistenceId, _wire.ProcessName, IsConflict(e)));
                Array.ForEach(batch, one => one.Outcome.TrySetException(e));
            }
        }

        _isWriting = false;
    }

    private bool Insert(JournalRow[] rows)
    {
        _table.Insert(rows);
        return true;
    }
}

/// <summary>What a process's journal plugin works with.</summary>
/// <param name="table">The journal.</param>
/// <param name="wire">The way to it.</param>
/// <param name="maxBatch">How many writes go into one transaction.</param>
internal sealed class JournalSetup(JournalTable table, StoreWire wire, int maxBatch) : Setup
{
    public JournalTable Table => table;

    public StoreWire Wire => wire;

    public int MaxBatch => maxBatch;
}
