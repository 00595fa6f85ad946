namespace DataLoad.Demo;

/// <summary>Draws ranks as people visit pages: the first most often, the n-th in proportion to 1 / n^exponent.</summary>
public sealed class Zipf
{
    private readonly double[] _cumulative;

    /// <summary>A distribution over the ranks 0 to <paramref name="count"/> - 1.</summary>
    public Zipf(int count, double exponent)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _cumulative = new double[count];
        var sum = 0.0;
        for (var rank = 0; rank < count; rank++)
        {
            sum += Math.Pow(rank + 1, -exponent);
            _cumulative[rank] = sum;
        }
    }

    /// <summary>A rank.</summary>
    public int Draw(Dice dice)
    {
        var found = Array.BinarySearch(_cumulative, dice.Unit() * _cumulative[^1]);
        return Math.Min(found < 0 ? ~found : found + 1, _cumulative.Length - 1);
    }
}
