using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

public class DecodingAllocationTests
{
    public static TheoryData<string, string, byte[]> GoodBodies => new()
    {
        { "act.share", StreamDecoder.Json, Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + ",\"wuId\":7,\"ctime\":\"1717171717171\",\"qrCode\":\"中\"}") },
        { "act.share", "application/json; charset=utf-8",
            Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + ",\"x\":[{}],\"q\\u0072Code\":\"\\ud83d\\ude00\",\"wuId\":\"\\u0037\"}") },
        { "act.share", StreamDecoder.Json,
            Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize("{" + StreamDecoder.Required + ",\"qrCode\":\"\\n\"}")) },
        { "act.share", StreamDecoder.Json, Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + ",\"qrCode\":\"" + new string('q', 5000) + "\"}") },
        { "act.group", StreamDecoder.Json, Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + ",\"wuId\":true,\"joinType\":9,\"wuId\":7,\"joinType\":2}") },
        { "act.buy", StreamDecoder.Json, "33"u8.ToArray() },
        { "act.buy", StreamDecoder.Json, "\"33\""u8.ToArray() },
        { "act.buy", "text/plain", "+33\n"u8.ToArray() },
        { "act.buy", StreamDecoder.Java, Convert.FromHexString(JavaBodyTests.Integer33) },
        { "act.buy", "application/octet-stream", Convert.FromHexString(JavaBodyTests.Long33) },
        { "act.share", StreamDecoder.Java,
            JavaBodyTests.JavaString([.. "{\"sessionStr\":\""u8, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80, .. "\",\"topicType\":\"t\",\"topicId\":5}"u8]) },
    };

    [Theory]
    [MemberData(nameof(GoodBodies))]
    public void A_good_message_allocates_nothing(string streamName, string contentType, byte[] body)
    {
        StreamDefinition stream = StreamDecoder.Stream(streamName);
        var decoder = new BodyDecoder(stream, StreamDecoder.DefaultMaxBodyBytes);
        var fields = new MessageFields(stream);

        // Every delivery brings its properties as strings of its own.
        string[] types = [.. Enumerable.Range(0, 8).Select(_ => new string(contentType))];
        for (int i = 0; i < 200; i++)
        {
            decoder.Decode(types[i % 8], "UTF-8", body, fields).ShouldBeNull();
        }

        // A collection may empty the pools between, and a pool that is filled again is no cost of the message: of some
        // rounds the cheapest counts.
        bool good = true;
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                good &= decoder.Decode(types[i % 8], "UTF-8", body, fields) is null && fields.Text(0).Length >= 0;
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        good.ShouldBeTrue();
        least.ShouldBe(0);
    }

    [Fact]
    public void Memory_stays_in_proportion_to_the_limit()
    {
        StreamDefinition stream = StreamDecoder.Stream("act.share");
        var fields = new MessageFields(stream);
        var decoder = new BodyDecoder(stream, StreamDecoder.DefaultMaxBodyBytes);
        string repeated = string.Concat(Enumerable.Repeat("\"qrCode\":\"" + new string('q', 400) + "\",", 150));
        byte[] body = Encoding.UTF8.GetBytes("{" + repeated + StreamDecoder.Required + "}");

        decoder.Decode(null, null, body, fields).ShouldBeNull();
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Rejection? rejection = decoder.Decode(null, null, body, fields);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            rejection.ShouldBeNull();
        }

        least.ShouldBe(0);
        fields.Text(stream.SlotOf("qrCode")).Length.ShouldBe(400);
    }
}
