namespace DataLoad.Engine.Counting;

/// <summary>What an event's contributions are added to: a Counter, or a part of it.</summary>
internal interface IMetricTarget
{
    /// <summary>Adds to a sum.</summary>
    /// <exception cref="OverflowException">The sum would pass what its column holds.</exception>
    void AddSum(int metric, long value);

    /// <summary>Adds to a distinct set; an id of 0 adds nothing.</summary>
    void AddId(int metric, int id);
}
