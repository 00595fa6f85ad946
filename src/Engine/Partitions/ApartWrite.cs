using System.Data.Common;
using System.Runtime.ExceptionServices;

namespace DataLoad.Engine.Partitions;

/// <summary>An item of a request that was not written, by its place in it, and why.</summary>
internal readonly record struct RefusedItem(int Place, string Error)
{
    /// <summary>Why a write failed, in a sentence; a driver says more on further lines.</summary>
    public static string Explain(Exception error) => error.InnerException is TimeoutException
        ? "writing it takes longer than a call may take, as where another session has it locked."
        : $"{error.Message.Split('\n')[0].TrimEnd('.')}.";
}

/// <summary>What was written of a request: all but the items that are refused, and those of the Partitions whose Epoch is stale.</summary>
internal sealed record ApartWritten(IReadOnlyList<int> Stale, IReadOnlyList<RefusedItem> Refused);

/// <summary>Writes a request by itself, and where it cannot be written as a whole, by halves of what fails, until the items are found that cannot be.</summary>
/// <remarks>All that fails at one time has an item of its own that is refused, so that more parts than may be refused end the search: it costs few writes
/// where nothing can be written.</remarks>
/// <typeparam name="T">What is written.</typeparam>
/// <param name="write">Writes items in one transaction and returns the Partitions that were stale; repeating it changes nothing.</param>
/// <param name="isOfItem">Whether an error may be that of single items.</param>
internal sealed class ApartWrite<T>(Func<IReadOnlyList<T>, CancellationToken, Task<IReadOnlyList<int>>> write, Func<Exception, bool> isOfItem)
{
    // 64 parts: what is left of a request then is a few dozen items.
    private const int MostHalvings = 6;

    /// <param name="items">What is to be written.</param>
    /// <param name="mostRefused">How many of them may be refused.</param>
    /// <param name="hasFailed">Whether they could not be written as a whole just now.</param>
    /// <param name="failures">How many such calls failed before: each looks further into what seems to wait for the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Exception">That of a write, where it is not of single items, or more of them would be refused than may be.</exception>
    public async Task<ApartWritten> RunAsync(IReadOnlyList<T> items, int mostRefused, bool hasFailed, int failures, CancellationToken cancellationToken)
    {
        T[] all = [.. items];
        var stale = new HashSet<int>();
        var refused = new List<RefusedItem>();
        List<Range> parts = hasFailed && all.Length > 1 ? [.. Halves(Range.All, all.Length)] : [Range.All];
        int mostHalvings = Math.Min(1 + failures, MostHalvings);
        bool allPass = true, hasWritten = false;
        for (int halvings = parts.Count - 1; parts.Count > 0; halvings++)
        {
            var failed = new List<Range>();
            Exception? last = null;
            foreach (Range part in parts)
            {
                (int start, int count) = part.GetOffsetAndLength(all.Length);
                try
                {
                    stale.UnionWith(await write(new ArraySegment<T>(all, start, count), cancellationToken));
                    hasWritten = true;
                }
                catch (Exception e) when (isOfItem(e) && refused.Count + failed.Count < mostRefused)
                {
                    last = e;
                    allPass &= e is DbException { IsTransient: true };
                    if (count == 1)
                    {
                        refused.Add(new RefusedItem(start, RefusedItem.Explain(e)));
                    }
                    else
                    {
                        failed.Add(part);
                    }
                }
            }

            // What passes by itself, such as a lock, is taken for that of an item only where others can be written, or are refused: else all of it may wait
            // for the same, which would be found out by one write an item.
            if (last is not null && allPass && !hasWritten && all.Length > 1 && (halvings >= mostHalvings || failed.Count == 0))
            {
                ExceptionDispatchInfo.Throw(last);
            }

            parts = [.. failed.SelectMany(part => Halves(part, all.Length))];
        }

        return new ApartWritten([.. stale], refused);
    }

    private static IEnumerable<Range> Halves(Range part, int length)
    {
        (int start, int count) = part.GetOffsetAndLength(length);
        int middle = start + (count / 2);
        return [start..middle, middle..(start + count)];
    }
}
