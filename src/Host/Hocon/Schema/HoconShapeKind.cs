namespace DataLoad.Host.Hocon.Schema;

/// <summary>What kind of value stands at a path.</summary>
internal enum HoconShapeKind
{
    /// <summary>Null, or known only after substitution: fits every other.</summary>
    Any,
    Scalar,
    Array,
    Object,
}
