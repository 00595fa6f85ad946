using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Statistics;

/// <summary>The catalog as it can be asked for: without the metrics whose past is still computed, since their columns have another name until then. Thread-safe.</summary>
/// <param name="declared">The catalog that the node counts by.</param>
/// <param name="store">Knows what is complete.</param>
public sealed class ShownCatalog(Catalog declared, IDeclarationStore store)
{
    private readonly Catalog _declared = declared;
    private volatile Catalog _now = declared;
    private volatile bool _isSettled;

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
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whoever asks the store next says what is wrong with it.
        }
    }
}
