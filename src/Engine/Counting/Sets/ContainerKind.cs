namespace DataLoad.Engine.Counting.Sets;

/// <summary>How a <see cref="Container"/> holds its low halves; the three kinds of the Roaring format.</summary>
internal enum ContainerKind : byte
{
    /// <summary>Sorted, distinct values; at most <see cref="RoaringFormat.MaxArrayCardinality"/> of them.</summary>
    Array = 0,

    /// <summary>One bit for each of the 65,536 values; always more than <see cref="RoaringFormat.MaxArrayCardinality"/> set.</summary>
    Bitmap = 1,

    /// <summary>Sorted pairs (start, length - 1) that neither overlap nor touch.</summary>
    Runs = 2,
}
