using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Decoding;

/// <summary>What a stream's message must satisfy once it is read to its end, so that of a repeated field the last value is judged.</summary>
internal sealed class FieldRules
{
    private readonly StreamDefinition _stream;
    private readonly ImmutableArray<MessageField> _fields;
    private readonly ulong _required;
    private readonly int _restrictedSlot = -1;

    /// <summary>Collects the rules of a stream.</summary>
    public FieldRules(StreamDefinition stream)
    {
        _stream = stream;
        _fields = stream.Fields;
        for (int slot = 0; slot < _fields.Length; slot++)
        {
            _required |= _fields[slot].Required ? 1UL << slot : 0;
        }

        if (!stream.Lookups.Any(step => step.CommonAt >= 0))
        {
            // No row holds them, so the message must.
            _required |= 1UL << CommonField.SessionStr | 1UL << CommonField.TopicType | 1UL << CommonField.TopicId;
        }

        if (stream.RequiresUser)
        {
            _required |= 1UL << CommonField.WuId;
        }

        if (stream.RestrictedFact is { } name && stream.Facts[stream.FactIndex(name)] is { Step: null } fact)
        {
            _restrictedSlot = stream.SlotOf(fact.Source);
        }
    }

    /// <summary>The first rule that is broken, or null.</summary>
    public Rejection? Check(MessageFields fields)
    {
        if (fields.Wrong != 0)
        {
            return WrongValue(fields, BitOperations.TrailingZeroCount(fields.Wrong));
        }

        ulong missing = _required & ~fields.Present;
        if (missing != 0)
        {
            return Missing(BitOperations.TrailingZeroCount(missing));
        }

        if (TopicTypeRule.Broken(fields.Text(CommonField.TopicType)) is { } expected)
        {
            return new Rejection(
                RejectReason.OutOfRange, $"Field 'topicType' is '{Excerpt.Of(fields.Text(CommonField.TopicType))}'; expected {expected}.");
        }

        if (_restrictedSlot >= 0 && !_stream.AllowedValues.AsSpan().Contains(fields.Integer(_restrictedSlot)))
        {
            return new Rejection(
                RejectReason.BadJoinType,
                $"Field '{_fields[_restrictedSlot].Name}' is {fields.Integer(_restrictedSlot)}; expected one of {string.Join(", ", _stream.AllowedValues)}.");
        }

        return null;
    }

    private Rejection Missing(int slot)
    {
        string state = slot == CommonField.WuId ? "absent, null, empty or 0" : "absent, null or empty";
        return new Rejection(
            RejectReason.MissingField, $"Field '{_fields[slot].Name}' is missing ({state}); a message of stream '{_stream.Name}' must have it.");
    }

    private Rejection WrongValue(MessageFields fields, int slot)
    {
        FieldError error = fields.ErrorOf(slot);
        (long min, long max) = fields.RangeOf(slot);
        string expected = error switch
        {
            FieldError.OutOfRange => $"an integer from {min} to {max}",
            FieldError.NotAnInteger => "an integer: digits, perhaps signed",
            _ when fields.IsText(slot) => "a string",
            _ => "an integer",
        };
        return new Rejection(
            error == FieldError.OutOfRange ? RejectReason.OutOfRange : RejectReason.BadField,
            $"Field '{_fields[slot].Name}' is '{Excerpt.Of(fields.WrongValue(slot))}'; expected {expected}.");
    }
}

/// <summary>What a <c>topicType</c> may be: it is half of a statistics row's primary key, a <c>varchar(64)</c>.</summary>
internal static class TopicTypeRule
{
    /// <summary>Null for one that may be counted, an empty one too; else what was expected, as the end of a sentence.</summary>
    /// <param name="text">UTF-8, in which an unpaired surrogate may stand as three bytes.</param>
    public static string? Broken(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0))
        {
            return "no NUL character in it";
        }

        bool isAscii = Ascii.IsValid(text);
        if (!isAscii && Wtf8.HasSurrogate(text))
        {
            return "no lone surrogate in it";
        }

        int count = isAscii ? text.Length : Wtf8.CountCodePoints(text);
        return count <= TopicKey.MaxTypeCharacters ? null : $"at most {TopicKey.MaxTypeCharacters} characters, not {count}";
    }
}
