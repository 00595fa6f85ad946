namespace DataLoad.Streams.Amqp;

/// <summary>What is to follow when a task has ended, on the thread that ends it.</summary>
internal static class Continuations
{
    /// <summary>Calls back when a task has ended, however it did.</summary>
    public static void OnEnd(this Task task, Action<Task> callback) =>
        _ = task.ContinueWith(callback, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <inheritdoc cref="OnEnd(Task, Action{Task})"/>
    public static void OnEnd<T>(this Task<T> task, Action<Task<T>> callback) =>
        _ = task.ContinueWith(callback, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Calls back when a task has succeeded.</summary>
    public static void OnSuccess(this Task task, Action callback) => task.OnEnd(ended =>
    {
        if (ended.IsCompletedSuccessfully)
        {
            callback();
        }
    });

    /// <summary>Disposes of what a task results in, where it does.</summary>
    public static async Task DisposeResultAsync<T>(this Task<T> opening)
        where T : IAsyncDisposable
    {
        await Task.WhenAny(opening);
        if (opening.IsCompletedSuccessfully)
        {
            T opened = await opening;
            await opened.DisposeAsync();
        }
    }

    /// <summary>Finishes the opening of something, which is disposed of where that fails.</summary>
    public static async Task<T> OrDisposeAsync<T>(this T opened, Func<T, Task> finish)
        where T : IAsyncDisposable
    {
        try
        {
            await finish(opened);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }
}
