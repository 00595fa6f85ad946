using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>One decoder and its fields, with the words the tests speak in.</summary>
internal sealed class StreamDecoder(string streamName, int maxBodyBytes = StreamDecoder.DefaultMaxBodyBytes)
{
    public const int DefaultMaxBodyBytes = 64 * 1024;
    public const string Json = "application/json";
    public const string Java = "application/x-java-serialized-object";

    /// <summary>The fields that a stream without a row must have, to be put first or last in an object.</summary>
    public const string Required = """
        "sessionStr":"s","topicType":"t","topicId":5
        """;

    private readonly BodyDecoder _decoder = new(Stream(streamName), maxBodyBytes);

    public MessageFields Fields { get; } = new(Stream(streamName));

    public static StreamDefinition Stream(string name) => Catalog.Default.FindStream(name).ShouldNotBeNull();

    public int Slot(string field) => Stream(streamName).SlotOf(field);

    public Rejection? Decode(string body, string? contentType = Json, string? contentEncoding = null) =>
        Decode(Encoding.UTF8.GetBytes(body), contentType, contentEncoding);

    public Rejection? Decode(byte[] body, string? contentType, string? contentEncoding = null) =>
        _decoder.Decode(contentType, contentEncoding, body, Fields);

    public StreamDecoder Accepts(string body, string? contentType = Json, string? contentEncoding = null)
    {
        Decode(body, contentType, contentEncoding).ShouldBeNull(body);
        return this;
    }

    public StreamDecoder Accepts(byte[] body, string? contentType)
    {
        Decode(body, contentType).ShouldBeNull(Convert.ToHexString(body));
        return this;
    }

    public Rejection Rejects(string reason, string body, string? contentType = Json, string? contentEncoding = null) =>
        Rejects(reason, Encoding.UTF8.GetBytes(body), contentType, contentEncoding);

    public Rejection Rejects(string reason, byte[] body, string? contentType, string? contentEncoding = null)
    {
        Rejection rejection = Decode(body, contentType, contentEncoding).ShouldNotBeNull(Encoding.UTF8.GetString(body));
        rejection.Reason.ShouldBe(reason, rejection.Error);
        rejection.Error.ShouldNotContain(c => char.IsControl(c), rejection.Error);
        rejection.Error.Length.ShouldBeLessThan(400, rejection.Error);
        return rejection;
    }

    public long Integer(string field) => Fields.Integer(Slot(field));

    public string Text(string field) => Encoding.UTF8.GetString(Fields.Text(Slot(field)));

    public byte[] Bytes(string field) => Fields.Text(Slot(field)).ToArray();

    public bool Has(string field) => Fields.Has(Slot(field));
}
