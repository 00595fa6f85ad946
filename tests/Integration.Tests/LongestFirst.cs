using DataLoad.Integration.Tests;
using DataLoad.Integration.Tests.BadDays;
using DataLoad.Integration.Tests.Cluster;
using DataLoad.Integration.Tests.EndToEnd;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace DataLoad.Integration.Tests;

/// <summary>The tests of a class run one after the other: those of the classes that take minutes begin first, so that none of them ends long after all others.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Classes that take more than a minute, the longest first; all others come after, in xunit's order.</summary>
    private static readonly Type[] s_longest =
    [
        typeof(ClusterTests), typeof(StoreAwayTests), typeof(OutageTests), typeof(DeliveryLimitTests), typeof(NetworkTests), typeof(CutTests),
        typeof(CrashTests), typeof(BreakdownTests), typeof(SteadyTests), typeof(VerifyTests),
    ];

    /// <inheritdoc />
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Array.FindIndex(s_longest, type => IsOf(collection, type)) is >= 0 and var place ? place : s_longest.Length)];

    // Shown as "Test collection for NAMESPACE.CLASS (id: …)".
    private static bool IsOf(ITestCollection collection, Type type) =>
        collection.TestCollectionDisplayName.Split(' ').Contains(type.FullName, StringComparer.Ordinal);
}
