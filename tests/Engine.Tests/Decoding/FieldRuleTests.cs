using System.Collections.Immutable;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

public class FieldRuleTests
{
    private readonly StreamDecoder _share = new("act.share");
    private readonly StreamDecoder _group = new("act.group");

    [Theory]
    [InlineData("33", 33)]
    [InlineData("\"33\"", 33)]
    [InlineData("\"+33\"", 33)]
    [InlineData("\"0033\"", 33)]
    [InlineData("\"-0\"", 0)]
    [InlineData("-0", 0)]
    [InlineData("\"+0\"", 0)]
    [InlineData("2147483647", 2147483647)]
    [InlineData("\"2147483647\"", 2147483647)]
    [InlineData("\"000000000000000000000000000000000000002147483647\"", 2147483647)]
    [InlineData("\"\\u0033\\u0033\"", 33)]
    public void An_integer_is_digits_perhaps_signed_bare_or_as_a_string(string value, long expected)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},"topicId":{{value}}}""").Integer("topicId").ShouldBe(expected);
    }

    [Theory]
    [InlineData("33.0")]
    [InlineData("1e3")]
    [InlineData("1E0")]
    [InlineData("33.5")]
    [InlineData("-1.0")]
    [InlineData("\"33.0\"")]
    [InlineData("\"1e3\"")]
    [InlineData("\" 33\"")]
    [InlineData("\"33 \"")]
    [InlineData("\" \"")]
    [InlineData("\"+\"")]
    [InlineData("\"-\"")]
    [InlineData("\"+-3\"")]
    [InlineData("\"--3\"")]
    [InlineData("\"3-\"")]
    [InlineData("\"0x21\"")]
    [InlineData("\"1,000\"")]
    [InlineData("\"1_000\"")]
    [InlineData("\"３３\"")]
    [InlineData("\"٣\"")]
    [InlineData("\"abc\"")]
    [InlineData("\"null\"")]
    [InlineData("\"12345678901234567890123456789x\"")]
    [InlineData("123456789012345678901234567890.0")]
    [InlineData("\"3\\u0000\"")]
    public void What_is_not_so_written_is_a_bad_field_in_optional_fields_too(string value)
    {
        foreach (string field in new[] { "topicId", "wuId", "parentTopicId", "ctime" })
        {
            _share.Rejects(RejectReason.BadField, $$"""{{{StreamDecoder.Required}},"{{field}}":{{value}}}""").Error.ShouldContain(field);
        }
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"-1\"")]
    [InlineData("2147483648")]
    [InlineData("-2147483649")]
    [InlineData("\"2147483648\"")]
    [InlineData("4294967301")]
    [InlineData("9223372036854775808")]
    [InlineData("18446744073709551621")]
    [InlineData("\"99999999999999999999999999999999999999999999999999999999999999999999999999\"")]
    [InlineData("-99999999999999999999999999999999999")]
    public void A_negative_or_wider_integer_is_out_of_range(string value)
    {
        foreach (string field in new[] { "topicId", "wuId", "parentTopicId" })
        {
            Rejection rejection = _share.Rejects(RejectReason.OutOfRange, $$"""{{{StreamDecoder.Required}},"{{field}}":{{value}}}""");
            rejection.Error.ShouldContain(field);
            rejection.Error.ShouldContain(value.Trim('"')[..Math.Min(value.Trim('"').Length, 60)]);
        }
    }

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("\"-9223372036854775808\"", long.MinValue)]
    [InlineData("-5", -5)]
    [InlineData("4294967296", 4294967296)]
    [InlineData("-999999999999999999", -999999999999999999)]
    [InlineData("-1000000000000000001", -1000000000000000001)]
    public void Ctime_has_64_bits_and_its_range_is_judged_later(string value, long expected)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},"ctime":{{value}}}""").Integer("ctime").ShouldBe(expected);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("\"18446744073709551616\"")]
    [InlineData("10000000000000000000")]
    public void A_ctime_beyond_64_bits_is_out_of_range(string value)
    {
        _share.Rejects(RejectReason.OutOfRange, $$"""{{{StreamDecoder.Required}},"ctime":{{value}}}""").Error.ShouldContain("ctime");
    }

    [Theory]
    [InlineData("x", 64)]
    [InlineData("中", 64)]
    [InlineData("😀", 64)]
    [InlineData("é", 64)]
    public void A_topic_type_has_at_most_64_code_points(string character, int most)
    {
        string longest = string.Concat(Enumerable.Repeat(character, most));

        _share.Accepts($$"""{{{StreamDecoder.Required}},"topicType":"{{longest}}"}""").Text("topicType").ShouldBe(longest);
        _share.Rejects(RejectReason.OutOfRange, $$"""{{{StreamDecoder.Required}},"topicType":"{{longest}}{{character}}"}""").Error.ShouldContain("topicType");
    }

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("a\\u0000b")]
    [InlineData("中\\u0000")]
    [InlineData("\\uD800")]
    [InlineData("x\\uDC00")]
    [InlineData("\\uDE00\\uD83D")]
    [InlineData("\\uD83D\\uDE00\\uD83D")]
    [InlineData("\\uD7FF\\uDFFF")]
    public void A_topic_type_holds_no_NUL_and_no_lone_surrogate(string escaped)
    {
        _share.Rejects(RejectReason.OutOfRange, $$"""{{{StreamDecoder.Required}},"topicType":"{{escaped}}"}""").Error.ShouldContain("topicType");
    }

    [Theory]
    [InlineData("\\uD83D\\uDE00")]
    [InlineData("\\uD7FF\\uE000")]
    [InlineData("\\uFFFF\\uFEFF")]
    [InlineData("\\u0001")]
    public void A_topic_type_may_hold_any_other_character(string escaped)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},"topicType":"{{escaped}}"}""");
    }

    [Theory]
    [InlineData("sessionStr")]
    [InlineData("topicType")]
    [InlineData("topicId")]
    public void Required_common_fields_are_missed_where_no_row_holds_them(string field)
    {
        string[] streams = ["bear.share", "act.share", "act.h5-visit", "act.lottery", "act.share-visit", "act.group"];
        string[] nothings = ["null", "\"\""];
        foreach (string stream in streams)
        {
            var decoding = new StreamDecoder(stream);
            foreach (string nothing in nothings)
            {
                decoding.Rejects(RejectReason.MissingField,
                    $$"""{"wuId":1,"joinType":1,{{StreamDecoder.Required}},"{{field}}":{{nothing}}}""").Error.ShouldContain(field);
            }

            string without = string.Join(',', StreamDecoder.Required.Split(',').Where(part => !part.Contains(field, StringComparison.Ordinal)));
            decoding.Rejects(RejectReason.MissingField, $$"""{"wuId":1,"joinType":1,{{without}}}""").Error.ShouldContain(field);
            decoding.Accepts($$"""{"wuId":1,"joinType":1,{{StreamDecoder.Required}}}""");
        }
    }

    [Theory]
    [InlineData("bear.visit", "userRecordId")]
    [InlineData("act.visit", "userRecordId")]
    [InlineData("act.buy", "recordId")]
    [InlineData("act.cancel-pay", "recordId")]
    [InlineData("act.member-card", "recordId")]
    [InlineData("act.red-pack", "recordId")]
    [InlineData("act.off", "recordId")]
    [InlineData("act.revoke", "recordId")]
    [InlineData("act.refund", "recordId")]
    [InlineData("act.overdue", "recordId")]
    public void Where_a_row_holds_the_common_fields_only_the_key_is_required(string stream, string key)
    {
        var decoding = new StreamDecoder(stream);

        decoding.Accepts($$"""{"{{key}}":33}""").Integer(key).ShouldBe(33);
        decoding.Accepts($$"""{"{{key}}":"33","topicType":"t","wuId":4}""").Text("topicType").ShouldBe("t");
        decoding.Rejects(RejectReason.MissingField, $$"""{"{{key}}":null,{{StreamDecoder.Required}}}""").Error.ShouldContain(key);
        decoding.Rejects(RejectReason.MissingField, $$"""{"{{key}}":""}""").Error.ShouldContain(key);
        decoding.Rejects(RejectReason.MissingField, "{}").Error.ShouldContain(key);
        decoding.Rejects(RejectReason.OutOfRange, $$"""{"{{key}}":-33}""").Error.ShouldContain("-33");
        decoding.Rejects(RejectReason.BadField, $$"""{"{{key}}":33,"wuId":false}""").Error.ShouldContain("wuId");
        decoding.Rejects(RejectReason.OutOfRange, $$"""{"{{key}}":33,"topicType":"{{new string('x', 65)}}"}""").Error.ShouldContain("topicType");
    }

    [Theory]
    [InlineData("actReceiveId")]
    [InlineData("redPackNum")]
    [InlineData("orderId")]
    public void An_expired_red_pack_needs_its_three_fields(string field)
    {
        var expire = new StreamDecoder("act.red-pack-expire");
        string[] all = ["actReceiveId", "redPackNum", "orderId"];

        expire.Accepts("""{"actReceiveId":1,"redPackNum":0,"orderId":"3"}""").Has("redPackNum").ShouldBeTrue();
        expire.Rejects(RejectReason.MissingField, "{" + string.Join(',', all.Except([field]).Select(name => $"\"{name}\":1")) + "}")
            .Error.ShouldContain(field);
        expire.Rejects(RejectReason.OutOfRange, "{"
            + string.Join(',', all.Select(name => $"\"{name}\":{(string.Equals(name, field, StringComparison.Ordinal) ? -1 : 1)}")) + "}")
            .Error.ShouldContain(field);
        expire.Rejects(RejectReason.Unreadable, "33");
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"2\"")]
    [InlineData("3")]
    [InlineData("\"+03\"")]
    public void A_group_join_is_of_type_1_2_or_3(string type)
    {
        _group.Accepts($$"""{{{StreamDecoder.Required}},"wuId":1,"joinType":{{type}}}""");
    }

    [Theory]
    [InlineData("0", RejectReason.BadJoinType)]
    [InlineData("4", RejectReason.BadJoinType)]
    [InlineData("-1", RejectReason.BadJoinType)]
    [InlineData("\"-3\"", RejectReason.BadJoinType)]
    [InlineData("2147483648", RejectReason.OutOfRange)]
    [InlineData("\"x\"", RejectReason.BadField)]
    [InlineData("1.0", RejectReason.BadField)]
    [InlineData("true", RejectReason.BadField)]
    [InlineData("null", RejectReason.MissingField)]
    [InlineData("\"\"", RejectReason.MissingField)]
    public void Any_other_group_join_is_refused(string type, string reason)
    {
        _group.Rejects(reason, $$"""{{{StreamDecoder.Required}},"wuId":1,"joinType":{{type}}}""").Error.ShouldContain("joinType");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"wuId\":0")]
    [InlineData(",\"wuId\":null")]
    [InlineData(",\"wuId\":\"\"")]
    [InlineData(",\"wuId\":\"0\"")]
    public void A_group_join_needs_its_user(string user)
    {
        _group.Rejects(RejectReason.MissingField, $$"""{{{StreamDecoder.Required}},"joinType":1{{user}}}""").Error.ShouldContain("wuId");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"joinType\":null")]
    [InlineData(",\"joinType\":-7")]
    [InlineData(",\"joinType\":\"99\"")]
    public void The_join_type_of_a_shared_visit_may_be_any_integer_or_missing(string type)
    {
        new StreamDecoder("act.share-visit").Accepts($$"""{{{StreamDecoder.Required}}{{type}}}""");
    }

    [Theory]
    [InlineData("\"x\"", RejectReason.BadField)]
    [InlineData("[]", RejectReason.BadField)]
    [InlineData("2147483648", RejectReason.OutOfRange)]
    public void The_join_type_of_a_shared_visit_is_an_integer_all_the_same(string type, string reason)
    {
        new StreamDecoder("act.share-visit").Rejects(reason, $$"""{{{StreamDecoder.Required}},"joinType":{{type}}}""").Error.ShouldContain("joinType");
    }

    [Fact]
    public void The_channel_code_is_a_field_of_the_H5_visit_only()
    {
        var visit = new StreamDecoder("act.h5-visit");

        visit.Accepts($$"""{{{StreamDecoder.Required}},"channelCode":"c"}""").Text("channelCode").ShouldBe("c");
        visit.Rejects(RejectReason.BadField, $$"""{{{StreamDecoder.Required}},"channelCode":true}""");
        _share.Accepts($$"""{{{StreamDecoder.Required}},"channelCode":true}""");
    }

    [Fact]
    public void A_long_value_is_cut_and_a_control_character_made_visible()
    {
        string error = _share.Rejects(RejectReason.BadField, $$"""{{{StreamDecoder.Required}},"wuId":"a\n\u0000\u202e{{new string('y', 5000)}}"}""").Error;

        error.ShouldContain("'a\\u000A\\u0000\\u202Eyyy");
        error.ShouldContain("…");
        error.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void A_further_page_is_read_by_its_declaration()
    {
        var stream = new StreamDefinition
        {
            Id = 200,
            Name = "x",
            Exchange = "e",
            Queue = "q",
            Page = "p",
            OwnFields = [new("tag", FieldKind.Text) { Required = true }, new("big", FieldKind.Int64), new("kind", FieldKind.Int32)],
            Facts = [Fact.Message("kind")],
            RestrictedFact = "kind",
            AllowedValues = [0, 8],
            Contributions = ImmutableArray<Contribution>.Empty,
        };
        var decoder = new BodyDecoder(stream, 1000);
        var fields = new MessageFields(stream);
        string? Reason(string own) => decoder.Decode(null, null, Encoding.UTF8.GetBytes($$"""{{{StreamDecoder.Required}},{{own}}}"""), fields)?.Reason;

        Reason("\"tag\":\"t\"").ShouldBeNull();
        Reason("\"tag\":\"t\",\"big\":9223372036854775807,\"kind\":8").ShouldBeNull();
        fields.Integer(stream.SlotOf("big")).ShouldBe(long.MaxValue);
        Reason("\"tag\":\"t\",\"big\":-1").ShouldBe(RejectReason.OutOfRange);
        Reason("\"tag\":\"t\",\"kind\":7").ShouldBe(RejectReason.BadJoinType);
        Reason("\"tag\":\"\"").ShouldBe(RejectReason.MissingField);
    }
}
