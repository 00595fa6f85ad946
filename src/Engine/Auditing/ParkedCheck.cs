using DataLoad.Engine.Counting;
using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Auditing;

/// <summary>
/// Reads the parked deliveries beside an owner that goes on parking and removing them, and tells of each that is damaged.
/// </summary>
internal sealed class ParkedCheck(IParkingStore parking, Action<Damage> report)
{
    private const int PageRows = 200;

    /// <summary>Reads all of them.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Guid? after = null;
        while (true)
        {
            IReadOnlyList<ParkedDelivery> page = await parking.ListAsync(after, PageRows, cancellationToken);
            foreach (ParkedDelivery parked in page)
            {
                Check(parked);
            }

            if (page.Count < PageRows)
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    private void Check(ParkedDelivery parked)
    {
        try
        {
            ParkedContent.Decode(parked.Id, parked.Message);
        }
        catch (StoredFormatException e)
        {
            report(new Damage(Partition: null, $"Stream {parked.Stream}: {e.Message}"));
        }
    }
}
