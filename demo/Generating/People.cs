namespace DataLoad.Demo;

/// <summary>The topics and users of a generated world, and who visits what.</summary>
public sealed class People
{
    private readonly Dice _dice;
    private readonly GeneratorOptions _options;
    private readonly (string Type, int Id)[] _topics;
    private readonly Zipf _topicRank;
    private readonly Zipf _userRank;

    /// <summary>A world of the options' size.</summary>
    public People(Dice dice, GeneratorOptions options)
    {
        _dice = dice;
        _options = options;
        _topicRank = new Zipf(options.Topics, 1.0);
        _userRank = new Zipf(options.Users, 0.8);

        // Types as people name them: also in Chinese, with an emoji, and as long as is allowed (64 code points).
        string[] types = ["ACTIVITY", "GROUP_BUY", "MARKETING_PAGE", "活动页", "promo🎁", "LOTTERY", string.Concat(Enumerable.Repeat("𠮷", 64))];
        _topics = [.. Enumerable.Range(0, options.Topics).Select(rank => (types[rank % types.Length], rank == 12 ? int.MaxValue : 1000 + rank))];
    }

    /// <summary>Someone does something somewhere.</summary>
    public CommonFields Next()
    {
        var (type, id) = Topic();
        var fromParent = _dice.Chance(0.3);
        return new CommonFields(Session(), type, id)
        {
            ParentTopicType = fromParent ? "CHANNEL" : null,
            ParentTopicId = fromParent ? _dice.Below(100) : null,
            QrCode = _dice.Chance(0.4) ? "QR" + _dice.Below(1000) : "",
            WuId = User(),
            ChannelType = _dice.Pick("", "WECHAT", "H5", "朋友圈", "7"),
        };
    }

    /// <summary>A topic.</summary>
    public (string Type, int Id) Topic() => _topics[_topicRank.Draw(_dice)];

    /// <summary>A user, or 0 for someone unknown.</summary>
    public int User()
    {
        if (_dice.Chance(_options.Anonymous))
        {
            return 0;
        }

        // Ids neither dense nor in the order of rank, and one at the very end.
        var rank = _userRank.Draw(_dice);
        return rank == 77 ? int.MaxValue : (int)((((long)rank * 7_919) + 13) % 2_000_000_011) + 1;
    }

    /// <summary>A sub-session code.</summary>
    public string Session() => "s-" + _dice.Hex();
}
