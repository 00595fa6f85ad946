namespace DataLoad.Engine.Contract;

/// <summary>Checks that a stream's declaration refers only to what exists.</summary>
internal static class StreamCheck
{
    /// <exception cref="CatalogException">Something is referred to that is not declared.</exception>
    public static void Check(StreamDefinition stream, Page page)
    {
        for (int i = 0; i < stream.Lookups.Length; i++)
        {
            LookupKey key = stream.Lookups[i].Key;
            bool found = key.Source switch
            {
                LookupKeySource.Message => stream.SlotOf(key.Name) >= 0,
                LookupKeySource.Data => i > 0 && stream.Lookups[i - 1].IndexOf("data") >= 0,
                _ => i > 0 && stream.Lookups[i - 1].IndexOf(key.Name) >= 0,
            };
            Require(found, stream, $"lookup '{stream.Lookups[i].Name}' takes its key from '{key.Name}'");
        }

        foreach (Fact fact in stream.Facts)
        {
            int step = fact.Step is null ? -1 : stream.StepIndex(fact.Step);
            Require(
                fact.Step is null ? stream.SlotOf(fact.Source) >= 0 : step >= 0 && stream.Lookups[step].IndexOf(fact.Source) >= 0,
                stream,
                $"fact '{fact.Name}' comes from '{fact.Source}'");
        }

        foreach (Contribution contribution in stream.Contributions)
        {
            Metric metric = page.Metrics[page.IndexOf(contribution.Column)];
            bool isSet = contribution.Kind is ContributionKind.User or ContributionKind.FactId;
            Require(isSet == (metric.Kind == MetricKind.Distinct), stream, $"a contribution of kind {contribution.Kind} goes to '{metric.Column}' of kind {metric.Kind}");
            Require(contribution.Fact is null || stream.FactIndex(contribution.Fact) >= 0, stream, $"a contribution uses fact '{contribution.Fact}'");
            Require(contribution.When is null || stream.FactIndex(contribution.When.Fact) >= 0, stream, $"a condition uses fact '{contribution.When?.Fact}'");
        }

        Require(stream.BareKey is null || stream.SlotOf(stream.BareKey) >= 0, stream, $"the bare key is '{stream.BareKey}'");
        Require(stream.ContentIdentityField is null || stream.SlotOf(stream.ContentIdentityField) >= 0, stream, $"the content identity is '{stream.ContentIdentityField}'");
        Require(stream.ChannelTypeFallback is null || stream.SlotOf(stream.ChannelTypeFallback) >= 0, stream, $"channelType falls back to '{stream.ChannelTypeFallback}'");
        Require(stream.RestrictedFact is null || stream.FactIndex(stream.RestrictedFact) >= 0, stream, $"the restricted fact is '{stream.RestrictedFact}'");
        Require(stream.BusinessKeyStep < stream.Lookups.Length, stream, $"the business key is that of step {stream.BusinessKeyStep}");
    }

    private static void Require(bool holds, StreamDefinition stream, string what)
    {
        if (!holds)
        {
            throw new CatalogException($"Stream '{stream.Name}': {what}, which is not declared or does not fit.");
        }
    }
}
