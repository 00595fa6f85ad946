namespace DataLoad.Engine.Contract;

/// <summary>What a <see cref="Contribution"/> adds.</summary>
public enum ContributionKind
{
    /// <summary>One, to a sum.</summary>
    One = 0,

    /// <summary>A fact's value, to a sum.</summary>
    Fact = 1,

    /// <summary>The event's <c>wuId</c>, to a distinct set; 0 adds nothing.</summary>
    User = 2,

    /// <summary>A fact's value as an id, to a distinct set; 0 adds nothing.</summary>
    FactId = 3,
}
