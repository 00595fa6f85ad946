using DataLoad.Engine.Contract;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Statistics;

/// <summary>The catalog as it can be asked for: without the metrics whose past is still computed, since their columns have another name until then. Thread-safe.</summary>
/// <param name="declared">The catalog that the node counts by.</param>
/// <param name="store">Knows what is complete.</param>
/// <param name="logger">Is told when the store does not say any more, and when it does again.</param>
public sealed partial class ShownCatalog(Catalog declared, IDeclarationStore store, ILogger logger)
{
    private readonly Catalog _declared = declared;
    private volatile Catalog _now = declared;
    private volatile bool _isSettled;
    private int _isFailing;

    /// <summary>The catalog as of the last look; a page that did not change is the same one.</summary>
    public Catalog Now => _now;

    /// <summary>Looks what is complete by now; costs nothing once all is. Where the store is away it stays as it was.</summary>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (_isSettled)
        {
            return;
        }

        try
        {
            IReadOnlyList<Declaration> agreed = await store.ListAsync(cancellationToken);
            Catalog shown = _declared.WithCompleteMetrics(agreed);
            if (!shown.Pages.Select(page => page.Metrics.Length).SequenceEqual(_now.Pages.Select(page => page.Metrics.Length)))
            {
                _now = shown;
            }

            _isSettled = ReferenceEquals(shown, _declared) && agreed.Any(known => known.Column is not null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // It is asked with each request: one line tells of all.
            if (Interlocked.Exchange(ref _isFailing, 1) == 0)
            {
                Failed(logger, e.Message);
            }

            return;
        }

        if (Interlocked.Exchange(ref _isFailing, 0) != 0)
        {
            Recovered(logger);
        }
    }

    [LoggerMessage(2300, LogLevel.Warning,
        "The store does not say which metrics and breakdowns are complete; until it does, those are shown that were complete before, and whatever becomes so is not. "
        + "See that the store of dataload.store.connection is reachable: {Error}")]
    private static partial void Failed(ILogger logger, string error);

    [LoggerMessage(2301, LogLevel.Information, "The store says again which metrics and breakdowns are complete")]
    private static partial void Recovered(ILogger logger);
}
