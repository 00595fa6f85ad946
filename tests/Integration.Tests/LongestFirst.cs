using DataLoad.Integration.Tests.BadDays;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(BadDaysFirst))]

namespace DataLoad.Integration.Tests.BadDays;

/// <summary>Bad days last: the tests of them begin first, so that they do not end long after all others.</summary>
public sealed class BadDaysFirst : ITestCollectionOrderer
{
    /// <inheritdoc />
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => !collection.TestCollectionDisplayName.Contains($"{typeof(BadDaysFirst).Namespace}.", StringComparison.Ordinal))];
}
