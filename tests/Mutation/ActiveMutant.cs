using System.Reflection;
using DataLoad.Tests.Mutation;
using Xunit.v3;

[assembly: ActiveMutant]

namespace DataLoad.Tests.Mutation;

/// <summary>
/// Tells the changed code before each test which of its changes is to be tried (scripts/mutation). Stryker's runner for Microsoft.Testing.Platform writes the
/// number to a file, and every changed expression would read it there itself, which makes tests of tight loops seventy times slower: they ran into their timeout,
/// and changes that no test notices were counted as noticed.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ActiveMutantAttribute : BeforeAfterTestAttribute
{
    private static readonly string File = Environment.GetEnvironmentVariable("STRYKER_MUTANT_FILE") ?? "";
    private static readonly FieldInfo[] ActiveMutants = [.. Controls().Select(PreventReading)];

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (File.Length == 0)
        {
            return;
        }

        using FileStream file = new(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> number = stackalloc byte[4];
        file.ReadExactly(number);
        foreach (FieldInfo active in ActiveMutants)
        {
            active.SetValue(null, BitConverter.ToInt32(number));
        }
    }

    private static IEnumerable<Type> Controls() =>
        from name in typeof(ActiveMutantAttribute).Assembly.GetReferencedAssemblies()
        where name.Name!.StartsWith("DataLoad.", StringComparison.Ordinal)
        from type in Assembly.Load(name).GetTypes()
        where string.Equals(type.Name, "MutantControl", StringComparison.Ordinal)
        select type;

    /// <summary>Has it believe that it was not told of a file.</summary>
    private static FieldInfo PreventReading(Type control)
    {
        Field("_cachedMutantFilePath").SetValue(null, "");
        Field("_mutantFilePathCached").SetValue(null, true);
        return Field("ActiveMutant");

        FieldInfo Field(string name) => control.GetField(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            ?? throw new MissingFieldException($"Stryker's MutantControl has no field {name}; has its version changed?");
    }
}
