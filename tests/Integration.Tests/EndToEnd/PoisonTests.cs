using System.Text;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Messages that could bring a consumer down, over and over.</summary>
public sealed class PoisonTests
{
    private const string Json = "application/json";

    [Fact]
    public Task A_poisoned_message_is_dead_lettered_once_and_holds_up_nothing() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        foreach (var stream in (StreamInfo[])[ContractStreams.ActShare, ContractStreams.ActBuy, ContractStreams.ActRedPackExpire])
        {
            var poison = Poison(stream).ToList();
            poison.ForEach(_ => scenario.Tally.AddDead(stream.Name));
            await scenario.PublishAsync(poison);
        }

        await scenario.ShouldHaveDeadLettersAsync();
        await scenario.SendMixAsync(300);
        await scenario.ShouldBeExactAsync();
        host.HasExited.ShouldBeFalse();
        host.Log.ShouldNotContain("is not consumed any more");
        (await host.MetricsAsync()).Sum("dataload_streams_failing").ShouldBe(0);
    });

    private static IEnumerable<WireMessage> Poison(StreamInfo stream)
    {
        yield return new WireMessage(stream, new byte[1024 * 1024]) { ContentType = Json };
        yield return new WireMessage(stream, Filled(1024 * 1024, (byte)'[')) { ContentType = Json };
        yield return new WireMessage(stream, Filled(60_000, (byte)'[')) { ContentType = Json };
        yield return new WireMessage(stream, Filled(60_000, (byte)'"')) { ContentType = "application/octet-stream" };
        yield return new WireMessage(stream, Filled(60_000, 0xFF));
        yield return new WireMessage(stream,
            [0xAC, 0xED, 0x00, 0x05, 0x73, 0x71, 0x00, 0x7E, 0x00, 0x00])
        { ContentType = "application/x-java-serialized-object" };
        yield return new WireMessage(stream, Encoding.UTF8.GetBytes("{\"a\":1" + new string(' ', 1000))) { ContentType = Json, Headers = Nested(40) };
        yield return new WireMessage(stream, []) { ContentType = "" };
        yield return new WireMessage(stream, "{}"u8.ToArray()) { ContentType = new string('x', 255) };
        yield return new WireMessage(stream, "{}"u8.ToArray()) { ContentType = "application/json;charset=\"" };
        yield return new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json, ContentEncoding = "\u0000", MessageId = new string('i', 255) };
        yield return new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json, TimestampSeconds = long.MaxValue };
        yield return new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json, TimestampSeconds = -1 };
        yield return (new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json }).WithHeader("x-delay", long.MaxValue);
        yield return (new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json }).WithHeader("x-delay", new List<object?> { 1 });
        yield return (new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json }).WithHeader("x-dataload-received", "yesterday");
        yield return (new WireMessage(stream, "{}"u8.ToArray()) { ContentType = Json }).WithHeader("filler", new string('h', 60_000));
    }

    private static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static Dictionary<string, object?> Nested(int levels)
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal) { ["deepest"] = new byte[] { 0, 255 } };
        for (var level = 0; level < levels; level++)
        {
            table = new Dictionary<string, object?>(StringComparer.Ordinal) { ["in"] = table, ["list"] = new List<object?> { level, "x", null } };
        }

        return table;
    }
}
