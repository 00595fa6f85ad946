using BenchmarkDotNet.Attributes;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;

namespace DataLoad.Bench.Micro;

/// <summary>Decoding one body of each common form.</summary>
[MemoryDiagnoser]
public class DecodeBenchmark
{
    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;
    private static readonly StreamDefinition Buy = Catalog.Default.FindStream("act.buy")!;

    private readonly BodyDecoder _share = new(Share, 65_536);
    private readonly MessageFields _shareFields = new(Share);
    private readonly BodyDecoder _buy = new(Buy, 65_536);
    private readonly MessageFields _buyFields = new(Buy);
    private readonly byte[] _common = """{"sessionStr":"0123456789abcdef","topicType":"ACTIVITY","topicId":1017,"qrCode":"q7","wuId":123456,"channelType":"WECHAT","ctime":1767225600000}"""u8.ToArray();
    private readonly byte[] _key = """{"recordId":123456}"""u8.ToArray();

    /// <summary>The common parameters as JSON.</summary>
    [Benchmark]
    public bool Common() => _share.Decode("application/json", "UTF-8", _common, _shareFields) is null;

    /// <summary>A key in an object.</summary>
    [Benchmark]
    public bool Key() => _buy.Decode("application/json", "UTF-8", _key, _buyFields) is null;
}
