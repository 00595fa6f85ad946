using System.CommandLine;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Operating;

/// <summary>One run of a command that asks a node.</summary>
internal sealed class Operation
{
    /// <summary>The node.</summary>
    public required NodeClient Node { get; init; }

    /// <summary>Where the answer is shown.</summary>
    public required Display Display { get; init; }

    /// <summary>Where JSON goes.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Whether the API's JSON is wanted as it comes.</summary>
    public required bool IsJson { get; init; }

    /// <summary>Asks what has to be confirmed.</summary>
    public required Confirmation Confirmation { get; init; }

    /// <summary>How the commands behave.</summary>
    public required ConsoleSettings Settings { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Reads and shows.</summary>
    /// <param name="path">What is read.</param>
    /// <param name="render">Shows it to people.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> ShowAsync<T>(string path, Action<Display, T> render, CancellationToken cancellationToken)
        where T : class => Show(await Node.GetAsync(path, cancellationToken), render);

    /// <summary>Has something done and shows the answer.</summary>
    public async Task<T> DoAsync<T>(HttpMethod method, string path, object? body, Action<Display, T> render, CancellationToken cancellationToken)
        where T : class => Show(await Node.DoAsync(method, path, body, cancellationToken), render);

    /// <summary>Reads and shows, once or again and again until the caller has enough.</summary>
    /// <param name="watch">How often.</param>
    /// <param name="result">The command line.</param>
    /// <param name="path">What is read.</param>
    /// <param name="render">Shows it to people.</param>
    /// <param name="code">The exit code of the last picture.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<int> WatchAsync<T>(WatchOptions watch, ParseResult result, string path, Action<Display, T> render, Func<T, int> code,
        CancellationToken cancellationToken)
        where T : class
    {
        if (!watch.IsOn(result))
        {
            return code(await ShowAsync(path, render, cancellationToken));
        }

        int pictures = watch.Pictures(result);
        int last = ExitCode.Done;
        try
        {
            // Programs that read JSON take a picture a line, wherever it goes.
            await (IsJson ? PicturesAsync(Output.Flush) : Display.AnimateAsync(PicturesAsync));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller has seen enough, which is how watching ends.
        }

        return last;

        async Task PicturesAsync(Action shown)
        {
            for (int i = 0; pictures == 0 || i < pictures; i++)
            {
                if (i > 0)
                {
                    await Task.Delay(Settings.WatchInterval, Time, cancellationToken);
                }

                NodeAnswer answer = await Node.GetAsync(path, cancellationToken);
                T read = answer.As<T>();
                last = code(read);
                if (IsJson)
                {
                    await Output.WriteLineAsync(answer.Json);
                }
                else
                {
                    Display.Separate(i);
                    render(Display, read);
                }

                shown();
            }
        }
    }

    private T Show<T>(NodeAnswer answer, Action<Display, T> render)
        where T : class
    {
        T read = answer.As<T>();
        if (IsJson)
        {
            Output.WriteLine(answer.Json);
        }
        else
        {
            render(Display, read);
            Display.Show();
        }

        return read;
    }
}
