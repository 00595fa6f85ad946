namespace DataLoad.Host.Hocon.Schema;

/// <summary>Finds the known key that a mistyped one was probably meant to be.</summary>
internal static class HoconSuggestion
{
    /// <summary>Longer keys are not compared: nobody mistypes them, and comparing costs the product of the lengths.</summary>
    private const int MaxChars = 80;

    /// <summary>The nearest of <paramref name="known"/>, or null when all are too far.</summary>
    public static string? Nearest(string key, IEnumerable<string> known)
    {
        int allowed = Math.Max(2, key.Length / 3);
        string? nearest = null;
        foreach (string candidate in known)
        {
            int distance = Distance(key, candidate);

            // As many changes as letters would make anything of anything.
            if (distance <= allowed && distance < Math.Max(key.Length, candidate.Length))
            {
                nearest = candidate;
                allowed = distance - 1;
            }
        }

        return nearest;
    }

    /// <summary>A path in <paramref name="root"/> that ends in <paramref name="key"/>, or null.</summary>
    public static string? Elsewhere(string key, HoconShape root)
    {
        var open = new Queue<(string Path, HoconShape Shape)>([("", root)]);
        while (open.TryDequeue(out (string Path, HoconShape Shape) at))
        {
            foreach ((string name, HoconShape shape) in at.Shape.Fields)
            {
                string path = HoconPath.Join(at.Path, name);
                if (string.Equals(name, key, StringComparison.Ordinal))
                {
                    return path;
                }

                open.Enqueue((path, shape));
            }
        }

        return null;
    }

    /// <summary>Letters to insert, remove, replace or swap with their neighbour to make <paramref name="b"/> of <paramref name="a"/>.</summary>
    internal static int Distance(string a, string b)
    {
        if (a.Length > MaxChars || b.Length > MaxChars)
        {
            return int.MaxValue;
        }

        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int best = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                bool isSwapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                cost[i, j] = isSwapped ? Math.Min(best, cost[i - 2, j - 2] + 1) : best;
            }
        }

        return cost[a.Length, b.Length];
    }
}
