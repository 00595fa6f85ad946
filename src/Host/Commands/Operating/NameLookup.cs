using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Finds the topics that people mean, however they wrote them, and says what there is where there is none of a name.</summary>
internal static class NameLookup
{
    /// <summary>What the node knows of a type, or of a topic.</summary>
    public static Task<TopicNames> FindAsync(Operation run, string type, int? id) =>
        run.ReadAsync<TopicNames>(NodePath.With(NodePath.Of("topics"), ("type", type), ("id", id)));

    /// <summary>Says that a name is read as another one, where it is written otherwise.</summary>
    public static async Task NoteAsync(Operation run, string written, string meant)
    {
        if (!string.Equals(written, meant, StringComparison.Ordinal))
        {
            await run.Error.WriteLineAsync(Cell.Flat($"dataload: there is no {written}; this is {meant}"));
        }
    }

    /// <summary>Says that there is nothing of a name, and what there is.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RefuseAsync(Operation run, string what, TopicNames names)
    {
        string near = names.Near.Count == 0 ? "" : $" Did you mean {string.Join(", ", names.Near)}?";
        string types = names.Types.Count == 0 ? " Nothing was counted yet." : $" The types are {string.Join(", ", names.Types)}.";
        await run.Error.WriteLineAsync(Cell.Flat($"dataload: there is no {what}.{near}{types}"));
        return ExitCode.Found;
    }

    /// <summary>Of topics about which an answer says nothing, names the first one that does not exist.</summary>
    /// <returns>The exit code: 1 where one does not.</returns>
    public static async Task<int> CheckAsync(Operation run, params IEnumerable<TopicArgument?> topics)
    {
        foreach (TopicArgument topic in topics.OfType<TopicArgument>())
        {
            TopicNames names = await FindAsync(run, topic.Type, topic.Id);
            if (names.Topic is not { } known)
            {
                return await RefuseAsync(run, $"topic {topic}", names);
            }

            if (!string.Equals(known.Type, topic.Type, StringComparison.Ordinal))
            {
                await run.Error.WriteLineAsync(Cell.Flat($"dataload: there is no topic {topic}. Did you mean {known.Type}:{known.Id}?"));
                return ExitCode.Found;
            }
        }

        return ExitCode.Done;
    }
}
