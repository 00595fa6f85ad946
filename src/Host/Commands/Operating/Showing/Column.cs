namespace DataLoad.Host.Commands.Operating.Showing;

/// <summary>A table's column.</summary>
/// <param name="Name">Its head.</param>
/// <param name="IsNumber">Whether it holds numbers, which stand on the right.</param>
internal readonly record struct Column(string Name, bool IsNumber = false)
{
    /// <summary>A column of texts.</summary>
    public static implicit operator Column(string name) => new(name);

    /// <summary>A column of numbers.</summary>
    public static Column Number(string name) => new(name, IsNumber: true);
}
