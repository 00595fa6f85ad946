using System.Globalization;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>Makes drafts of events: the common parameters, the key's rows where the stream has one, the time, the identity.</summary>
internal sealed class DraftMaker(Dice dice, GeneratorOptions options, People people)
{
    private readonly EventClock _clock = new(dice, options);
    private readonly BusinessFacts _facts = new(dice, options);
    private (string Id, string Type, int Topic)? _lastMessageId;

    public Draft Make(StreamInfo stream) => stream.KeyField is null ? Common(stream) : Keyed(stream);

    /// <summary>A body of common parameters, with what the stream adds to them.</summary>
    private Draft Common(StreamInfo stream)
    {
        var common = people.Next();
        if (stream == ContractStreams.ActGroup && common.WuId == 0)
        {
            common = common with { WuId = 1 + dice.Below(1000) };
        }

        var time = _clock.Next(hasRow: false);
        var meant = new MeantEvent(stream.Name, common.TopicType, common.TopicId, time.Day, common.WuId, null)
        {
            Parent = (common.ParentTopicType ?? "", common.ParentTopicId ?? 0),
        };
        var own = "";
        var draft = new Draft(stream, meant) { Fields = Fields(common), TimestampSeconds = time.TimestampSeconds };
        AddTime(draft, time);
        if (stream == ContractStreams.ActGroup)
        {
            var joinType = 1 + dice.Below(3);
            draft.Fields.Add(JsonField.Int("joinType", joinType));
            draft.Meant = meant with { JoinType = joinType };
            own = Invariant($"{joinType}");
        }
        else if (stream == ContractStreams.ActShareVisit && dice.Chance(0.7))
        {
            var joinType = dice.Below(9);
            draft.Fields.Add(JsonField.Int("joinType", joinType));
            own = Invariant($"{joinType}");
        }
        else if (stream == ContractStreams.ActH5Visit && common.ChannelType.Length > 0 && dice.Chance(0.3))
        {
            // The older name of channelType.
            draft.Fields.RemoveAll(field => field.Name.Equals("channelType", StringComparison.Ordinal));
            draft.Fields.Add(JsonField.Text("channelCode", common.ChannelType));
            own = "code";
        }

        Identify(draft, time.MessageMilliseconds is not null, common, time, own);
        return draft;
    }

    /// <summary>A key, with rows that hold the rest, and perhaps some common parameters beside it.</summary>
    private Draft Keyed(StreamInfo stream)
    {
        var common = people.Next();
        var expires = stream == ContractStreams.ActRedPackExpire;
        var time = _clock.Next(hasRow: !expires);
        var inMessage = new List<JsonField>();
        var inRow = common;
        var overrides = dice.Chance(options.MessageOverRow);
        if (overrides)
        {
            inRow = Disagree(common, inMessage);
        }

        var meant = new MeantEvent(stream.Name, common.TopicType, common.TopicId, time.Day, common.WuId, null)
        {
            Parent = (common.ParentTopicType ?? "", common.ParentTopicId ?? 0),
        };
        var draft = new Draft(stream, meant) { Fields = inMessage, TimestampSeconds = time.TimestampSeconds };
        draft.Meant = _facts.Add(draft, inRow, time, _clock);
        var own = "";
        if (expires)
        {
            // The quantity is the message's; orderId is required though nothing uses it.
            var (number, order) = (dice.Between(0, 20), 1 + dice.Below(1_000_000));
            draft.Fields.Add(JsonField.Int("redPackNum", number));
            draft.Fields.Add(JsonField.Int("orderId", order));
            draft.Meant = draft.Meant with { Num = number };
            own = Invariant($"{draft.Key} {number} {order}");
        }

        AddTime(draft, time);
        draft.SaysMore = overrides || expires || time.MessageMilliseconds is not null;
        if (!draft.SaysMore && dice.Chance(0.2))
        {
            draft.Fields.AddRange([JsonField.Silent("wuId", "0", "\"0\""), JsonField.Silent("topicType", "\"\""), JsonField.Silent("sessionStr", "\"\""),
                JsonField.Silent("topicId")]);
        }

        if (!expires)
        {
            draft.MessageId = dice.Chance(0.5) ? dice.Hex() : null;
        }
        else
        {
            Identify(draft, hasContent: true, common, time, own);
        }

        return draft;
    }

    // What the message says wins over the row; what it leaves out or says nothing about is the row's.
    private CommonFields Disagree(CommonFields truth, List<JsonField> inMessage)
    {
        var row = truth;
        if (dice.Chance(0.5))
        {
            var (otherType, otherId) = people.Topic();
            row = row with { TopicType = otherType, TopicId = otherId };
            inMessage.Add(JsonField.Text("topicType", truth.TopicType));
            inMessage.Add(JsonField.Int("topicId", truth.TopicId));
        }

        if (truth.WuId != 0 && dice.Chance(0.6))
        {
            row = row with { WuId = people.User() };
            inMessage.Add(JsonField.Int("wuId", truth.WuId));
        }
        else
        {
            inMessage.Add(JsonField.Silent("wuId", "0", "\"0\""));
        }

        if (dice.Chance(0.5))
        {
            row = row with { Session = "" };
            inMessage.Add(JsonField.Text("sessionStr", truth.Session));
        }

        if (dice.Chance(0.3))
        {
            inMessage.Add(JsonField.Text("qrCode", "QR-of-message"));
        }

        return row;
    }

    // Message-id before content before nothing; on a keyed stream the business key stands before them all.
    private void Identify(Draft draft, bool hasContent, CommonFields common, EventTime time, string own)
    {
        var unidentified = !hasContent && dice.Chance(options.Unidentified * 8);
        if (unidentified)
        {
            return;
        }

        if (!hasContent || dice.Chance(0.5))
        {
            var topic = (draft.Meant.TopicType, draft.Meant.TopicId);
            if (_lastMessageId is { } last && dice.Chance(0.02) && (last.Type, last.Topic) != topic)
            {
                // The same message-id under another topic is another event.
                draft.MessageId = last.Id;
                _lastMessageId = null;
            }
            else
            {
                draft.MessageId = dice.Hex() + dice.Hex();
                _lastMessageId = (draft.MessageId, topic.TopicType, topic.TopicId);
            }

            draft.Meant = draft.Meant with { Identity = "id:" + draft.MessageId };
            return;
        }

        var content = string.Join('|', common.Session, common.ParentTopicType, common.ParentTopicId?.ToString(CultureInfo.InvariantCulture), common.QrCode,
            common.WuId.ToString(CultureInfo.InvariantCulture), common.ChannelType, time.MessageMilliseconds?.ToString(CultureInfo.InvariantCulture), own);
        draft.Meant = draft.Meant with { Identity = "content:" + content };
    }

    private static List<JsonField> Fields(CommonFields common) =>
    [
        JsonField.Text("sessionStr", common.Session),
        common.ParentTopicType is { } parent ? JsonField.Text("parentTopicType", parent) : JsonField.Silent("parentTopicType", "\"\""),
        common.ParentTopicId is { } parentId ? JsonField.Int("parentTopicId", parentId) : JsonField.Silent("parentTopicId"),
        JsonField.Text("topicType", common.TopicType),
        JsonField.Int("topicId", common.TopicId),
        common.QrCode.Length > 0 ? JsonField.Text("qrCode", common.QrCode) : JsonField.Silent("qrCode", "\"\""),
        common.WuId > 0 ? JsonField.Int("wuId", common.WuId) : JsonField.Silent("wuId", "0", "\"0\""),
        common.ChannelType.Length > 0 ? JsonField.Text("channelType", common.ChannelType) : JsonField.Silent("channelType", "\"\""),
    ];

    private void AddTime(Draft draft, EventTime time)
    {
        if (time.MessageMilliseconds is { } ctime)
        {
            draft.Fields.Add(JsonField.Int("ctime", ctime));
        }
        else if (dice.Chance(0.1) && draft.Stream.KeyField is null)
        {
            // 0 and null are absent.
            draft.Fields.Add(JsonField.Silent("ctime", "0", "\"0\""));
        }
    }
}
