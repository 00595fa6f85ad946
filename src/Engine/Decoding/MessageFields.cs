using System.Collections.Immutable;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Decoding;

/// <summary>What one message says, by slot of its stream's <see cref="StreamDefinition.Fields"/>. Owned by one stream's loop and used for one message after
/// another; it allocates only while it grows to the size of the largest message.</summary>
public sealed class MessageFields
{
    private const int InitialArenaBytes = 512;
    private readonly long[] _min;
    private readonly long[] _max;
    private readonly ulong _textSlots;
    private readonly ulong _zeroSaysNothing;
    private readonly long[] _integers;
    private readonly int[] _starts;
    private readonly int[] _lengths;
    private readonly FieldError[] _errors;
    private byte[] _arena = new byte[InitialArenaBytes];
    private int _used;

    /// <summary>Makes room for the fields of a stream.</summary>
    /// <exception cref="ArgumentException">The stream declares more than 64 fields.</exception>
    public MessageFields(StreamDefinition stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ImmutableArray<MessageField> fields = stream.Fields;
        if (fields.Length > sizeof(ulong) * 8)
        {
            throw new ArgumentException($"Stream '{stream.Name}' declares {fields.Length} fields; at most {sizeof(ulong) * 8} are supported.", nameof(stream));
        }

        Stream = stream;
        _integers = new long[fields.Length];
        _starts = new int[fields.Length];
        _lengths = new int[fields.Length];
        _errors = new FieldError[fields.Length];
        _min = new long[fields.Length];
        _max = new long[fields.Length];
        for (int slot = 0; slot < fields.Length; slot++)
        {
            bool wide = fields[slot].Kind == FieldKind.Int64;
            _max[slot] = wide ? long.MaxValue : int.MaxValue;
            _min[slot] = !fields[slot].AllowNegative ? 0 : wide ? long.MinValue : int.MinValue;
            _textSlots |= fields[slot].Kind == FieldKind.Text ? Bit(slot) : 0;
        }

        _zeroSaysNothing = Bit(CommonField.WuId) | Bit(CommonField.Ctime);
    }

    /// <summary>The stream whose fields these are.</summary>
    internal StreamDefinition Stream { get; }

    /// <summary>The slots that say something, as bits.</summary>
    internal ulong Present { get; private set; }

    /// <summary>The slots whose last value is wrong, as bits.</summary>
    internal ulong Wrong { get; private set; }

    /// <summary>Forgets everything, and ends the life of the spans that <see cref="Text"/> gave.</summary>
    public void Clear()
    {
        Present = 0;
        Wrong = 0;
        _used = 0;
    }

    /// <summary>Whether the field is there and says something: not null, not empty, and not 0 for <c>wuId</c> and <c>ctime</c>.</summary>
    public bool Has(int slot) => (Present & Bit(slot)) != 0;

    /// <summary>The value of an integer field; 0 where it has none.</summary>
    public long Integer(int slot) => Has(slot) ? _integers[slot] : 0;

    /// <summary>The value of a text field, unescaped UTF-8 in which an unpaired surrogate stands as three bytes; empty where it has none. Valid until
    /// <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Text(int slot) => Has(slot) && IsText(slot) ? _arena.AsSpan(_starts[slot], _lengths[slot]) : default;

    /// <summary>Whether the slot is of <see cref="FieldKind.Text"/>.</summary>
    internal bool IsText(int slot) => (_textSlots & Bit(slot)) != 0;

    /// <summary>What is wrong with a slot of <see cref="Wrong"/>.</summary>
    internal FieldError ErrorOf(int slot) => (Wrong & Bit(slot)) != 0 ? _errors[slot] : FieldError.None;

    /// <summary>The beginning of the value of a slot of <see cref="Wrong"/>.</summary>
    internal ReadOnlySpan<byte> WrongValue(int slot) => _arena.AsSpan(_starts[slot], _lengths[slot]);

    /// <summary>The integers that a slot takes.</summary>
    internal (long Min, long Max) RangeOf(int slot) => (_min[slot], _max[slot]);

    /// <summary>The field says nothing, whatever it said before.</summary>
    internal void SetAbsent(int slot)
    {
        Present &= ~Bit(slot);
        Wrong &= ~Bit(slot);
    }

    /// <summary>Sets a field from a JSON string or number, as its declaration reads it.</summary>
    internal void Set(int slot, ReadOnlySpan<byte> raw, bool escaped)
    {
        if (raw.IsEmpty)
        {
            SetAbsent(slot);
        }
        else if (IsText(slot))
        {
            (_starts[slot], _lengths[slot]) = Keep(raw, escaped);
            SetPresent(slot);
        }
        else
        {
            if (escaped)
            {
                (int start, int length) = Keep(raw, escaped);
                raw = _arena.AsSpan(start, length);
            }

            SetParsed(slot, IntegerText.Parse(raw, _min[slot], _max[slot], out long value), value, raw);
        }
    }

    /// <summary>Sets an integer field from a number that came as one.</summary>
    internal void Set(int slot, long number)
    {
        FieldError error = IntegerText.Ranged(number, _min[slot], _max[slot], out long value);
        Span<byte> text = stackalloc byte[20];
        int length = 0;
        if (error != FieldError.None)
        {
            number.TryFormat(text, out length);
        }

        SetParsed(slot, error, value, text[..length]);
    }

    /// <summary>Notes that the field's value is wrong. A later value of the same field may still put it right.</summary>
    internal void SetWrong(int slot, FieldError error, ReadOnlySpan<byte> value)
    {
        Present &= ~Bit(slot);
        Wrong |= Bit(slot);
        _errors[slot] = error;
        (_starts[slot], _lengths[slot]) = Keep(value[..Math.Min(value.Length, Excerpt.MaxBytes)], escaped: false);
    }

    private static ulong Bit(int slot) => 1UL << slot;

    private void SetParsed(int slot, FieldError error, long value, ReadOnlySpan<byte> text)
    {
        if (error != FieldError.None)
        {
            SetWrong(slot, error, text);
        }
        else if (value == 0 && (_zeroSaysNothing & Bit(slot)) != 0)
        {
            SetAbsent(slot);
        }
        else
        {
            _integers[slot] = value;
            SetPresent(slot);
        }
    }

    private void SetPresent(int slot)
    {
        Present |= Bit(slot);
        Wrong &= ~Bit(slot);
    }

    private (int Start, int Length) Keep(ReadOnlySpan<byte> value, bool escaped)
    {
        int start = _used;
        if (_arena.Length - start < value.Length)
        {
            // Bounded by the body: of its bytes each is kept once, or twice where an escaped integer is wrong.
            // The value may lie in the old array, which stays as it is.
            Array.Resize(ref _arena, Math.Max(_arena.Length * 2, start + value.Length));
        }

        int length = value.Length;
        if (escaped)
        {
            length = JsonText.Unescape(value, _arena.AsSpan(start));
        }
        else
        {
            value.CopyTo(_arena.AsSpan(start));
        }

        _used = start + length;
        return (start, length);
    }
}
