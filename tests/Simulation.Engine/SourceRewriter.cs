using System;
using System.Collections.Generic;
using System.IO;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies the engine's sources for simulation: run by the build, not part of the assembly. Each change here is one that
/// decides where code runs, never what it does.
/// </summary>
public class SourceRewriter : Task
{
    private static readonly KeyValuePair<string, string>[] Changes =
    {
        // A continuation comes back to the scheduler that awaited.
        Change(".ConfigureAwait(false)", ""),
        Change("(ConfigureAwaitOptions.SuppressThrowing)", "(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext)"),

        // These use the thread pool whatever the scheduler.
        Change("TaskCreationOptions.RunContinuationsAsynchronously", "TaskCreationOptions.None"),
        Change("Task.Run(", "Simulated.Run("),
        Change("Task.Delay(", "Simulated.Delay("),
        Change("SemaphoreSlim", "SimulatedSemaphore"),
        Change(".CancelAsync()", ".CancelOnScheduler()"),

        // Randomness from the seed.
        Change("Guid.CreateVersion7()", "Simulated.NewGuid()"),
    };

    public ITaskItem[] Sources { get; set; }

    public ITaskItem[] Destinations { get; set; }

    public override bool Execute()
    {
        for (int i = 0; i < Sources.Length; i++)
        {
            string source = Sources[i].GetMetadata("FullPath");
            string text = File.ReadAllText(source);
            foreach (KeyValuePair<string, string> change in Changes)
            {
                text = text.Replace(change.Key, change.Value);
            }

            string destination = Destinations[i].ItemSpec;
            Directory.CreateDirectory(Path.GetDirectoryName(destination));

            // Stack traces name the file that people edit.
            File.WriteAllText(destination, "#line 1 \"" + source + "\"\n" + text);
        }

        return true;
    }

    private static KeyValuePair<string, string> Change(string from, string to)
    {
        return new KeyValuePair<string, string>(from, to);
    }
}
