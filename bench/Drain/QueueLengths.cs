using System.Globalization;

namespace DataLoad.Bench.Drain;

/// <summary>Queues with how many messages each holds, as <c>name=count,name=count</c> on a command line.</summary>
public static class QueueLengths
{
    /// <summary>Reads the form that <see cref="Format"/> writes.</summary>
    public static IReadOnlyList<(string Queue, int Messages)> Parse(string text) =>
        [.. text.Split(',').Select(part => part.Split('=')).Select(pair => (pair[0], int.Parse(pair[1], CultureInfo.InvariantCulture)))];

    /// <summary>Writes queues and their lengths.</summary>
    public static string Format(IEnumerable<(string Queue, int Messages)> queues) =>
        string.Join(',', queues.Select(queue => string.Create(CultureInfo.InvariantCulture, $"{queue.Queue}={queue.Messages}")));
}
