using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>
/// What the conformance suites share. A suite is an abstract class; a thin subclass says how to open the store under
/// test. Each test has an empty database of its own.
/// </summary>
public abstract class ConformanceBase : IAsyncLifetime
{
    private readonly List<IStore> _opened = [];

    /// <summary>How long a node lives that a test means to outlive.</summary>
    protected static readonly TimeSpan ShortLife = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a node lives that no test outlives.</summary>
    protected static readonly TimeSpan LongLife = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The store of the test, migrated.</summary>
    protected IStore Store { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens a store over this test's database, as one more process does. Not migrated.</summary>
    protected abstract Task<IStore> CreateStoreAsync();

    /// <summary>Removes this test's database, after its stores are closed.</summary>
    protected virtual ValueTask DisposeDatabaseAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask InitializeAsync()
    {
        Store = await OpenAsync();
        await Store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IStore store in _opened)
        {
            await store.DisposeAsync();
        }

        await DisposeDatabaseAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens one more store, closed at the end of the test.</summary>
    protected async Task<IStore> OpenAsync()
    {
        IStore store = await CreateStoreAsync();
        _opened.Add(store);
        return store;
    }

    /// <summary>Closes the store and opens another one over the same database.</summary>
    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync();
        await Store.MigrateAsync(Token);
    }

    protected static NodePlace Place(string id) =>
        new(new NodeInfo(id, $"http://{id}:8080", $"secret of {id}"), $"akka.tcp://dataload@{id}:4053", Uid: 1, NodeProtocol.Current);

    /// <summary>Owns Partitions, by Epochs that are put in force, and returns those in the same order.</summary>
    protected Task<long[]> OwnAsync(params int[] partitions) => OwnAsync(Store, partitions);

    /// <summary>Lets another store own Partitions; the one before stays open: it is a zombie.</summary>
    /// <returns>The new owner's store and the Epochs, in order.</returns>
    protected async Task<(IStore Successor, long[] Epochs)> TakeOverAsync(params int[] partitions)
    {
        IStore successor = await OpenAsync();
        return (successor, await OwnAsync(successor, partitions));
    }

    private static async Task<long[]> OwnAsync(IStore store, int[] partitions)
    {
        long[] epochs = new long[partitions.Length];
        for (int i = 0; i < partitions.Length; i++)
        {
            epochs[i] = (await store.Partitions.LoadAsync(partitions[i], Token)).Epoch + 1;
            (await store.Partitions.RaiseEpochAsync(partitions[i], epochs[i], Token)).ShouldBeTrue();
        }

        return epochs;
    }

    /// <summary>
    /// The answer to a zombie's call. A takeover may end the zombie's sessions, so that a call fails once on the way.
    /// </summary>
    protected static async Task<T> AnswerAsync<T>(Func<ValueTask<T>> call)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return await call();
            }
            catch (System.Data.Common.DbException) when (i < 20)
            {
                // The next try has a fresh session.
            }
        }
    }

    /// <summary>Waits for a condition.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > Patience)
            {
                throw new TimeoutException($"The condition did not come about within {Patience}.");
            }

            await Task.Yield();
        }
    }

    /// <summary>All items of a sequence.</summary>
    protected static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (T item in items.WithCancellation(Token))
        {
            all.Add(item);
        }

        return all;
    }
}
