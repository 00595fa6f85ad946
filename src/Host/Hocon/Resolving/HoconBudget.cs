using System.Runtime.CompilerServices;

namespace DataLoad.Host.Hocon.Resolving;

/// <summary>Keeps substitution within <see cref="HoconLimits"/>: steps, nesting, and the size of what comes out.</summary>
internal sealed class HoconBudget(HoconLimits limits)
{
    /// <summary>Copying this much costs as much as one step.</summary>
    private const int CopiedPerStep = 8;

    private long _steps;
    private int _depth;

    /// <summary>Pays for <paramref name="steps"/> steps.</summary>
    public void Spend(long steps, HoconOrigin origin)
    {
        _steps += steps;
        if (_steps > limits.MaxResolveSteps)
        {
            throw new HoconException(origin, $"substitutions take more than {limits.MaxResolveSteps} steps to resolve");
        }
    }

    /// <summary>Pays for copying <paramref name="size"/> values or characters.</summary>
    public void SpendCopy(long size, HoconOrigin origin) => Spend(size / CopiedPerStep, origin);

    /// <summary>Goes one level down; pair with <see cref="Leave"/>, but for a failure, which ends it all.</summary>
    public void Enter(HoconOrigin origin)
    {
        if (++_depth > limits.MaxSubstitutionDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new HoconException(origin, $"substitutions nested too deep (at most {limits.MaxSubstitutionDepth} levels)");
        }
    }

    public void Leave() => _depth--;

    /// <summary>Returns <paramref name="node"/> when it is within the limits.</summary>
    public T Check<T>(T node)
        where T : HoconNode
    {
        if (node.Height > limits.MaxDepth + 1)
        {
            throw new HoconException(node.Origin, $"values nested too deep after substitution (at most {limits.MaxDepth} levels)");
        }

        return node.Size <= limits.MaxResolvedSize
            ? node
            : throw new HoconException(node.Origin, $"a value larger than {limits.MaxResolvedSize} characters after substitution");
    }
}
