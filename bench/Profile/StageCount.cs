namespace DataLoad.Bench.Profile;

/// <summary>Counts the samples of <c>perf script -F comm,ip,sym,dso</c> by stage.</summary>
internal sealed class StageCount
{
    private readonly int[] _samples = new int[Stage.All.Count];

    /// <summary>How many samples belong to no stage: garbage collection, timers, what has no frames.</summary>
    public int Others { get; private set; }

    /// <summary>How many samples there are.</summary>
    public int Total { get; private set; }

    /// <summary>The samples of each stage, in the order of <see cref="Stage.All"/>.</summary>
    public IReadOnlyList<int> Samples => _samples;

    /// <summary>Reads samples: a line for the thread, an indented line for each frame from the innermost, an empty line.</summary>
    public static StageCount Read(TextReader script)
    {
        var count = new StageCount();
        int stage = -1;
        bool any = false;
        while (script.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                count.Add(any, stage);
                any = false;
                stage = -1;
            }
            else if (char.IsWhiteSpace(line[0]))
            {
                any = true;
                stage = stage >= 0 ? stage : StageOf(line);
            }
        }

        count.Add(any, stage);
        return count;
    }

    private static int StageOf(string frame)
    {
        for (int i = 0; i < Stage.All.Count; i++)
        {
            foreach (string part in Stage.All[i].Frames)
            {
                if (frame.Contains(part, StringComparison.Ordinal))
                {
                    return i;
                }
            }
        }

        return -1;
    }

    private void Add(bool any, int stage)
    {
        if (!any)
        {
            return;
        }

        Total++;
        if (stage < 0)
        {
            Others++;
        }
        else
        {
            _samples[stage]++;
        }
    }
}
