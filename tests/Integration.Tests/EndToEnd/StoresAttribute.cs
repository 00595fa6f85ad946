using System.Reflection;
using DataLoad.Integration.Tests.BadDays;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>
/// The stores that a theory is run over, its first argument: both, or where the test is of something that knows no store, in every run the one that is
/// named and by <c>scripts/nightly</c> both.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StoresAttribute(params StoreKind[] inEveryRun) : DataAttribute
{
    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        StoreKind[] kinds = inEveryRun.Length == 0 || Lengths.AreNightly ? Enum.GetValues<StoreKind>() : inEveryRun;
        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>([.. kinds.Select(kind => new TheoryDataRow<StoreKind>(kind))]);
    }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
