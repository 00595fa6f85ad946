using System.Buffers.Binary;
using System.Numerics;

namespace DataLoad.Engine.Binary;

/// <summary>Writes numbers in Golomb-Rice code: what is above the parameter's bits as that many ones and a zero, then those bits.</summary>
internal ref struct BitWriter(ByteWriter writer)
{
    private ulong _bits;
    private int _count;

    public void Rice(ulong value, int parameter)
    {
        int bits = (int)Math.Min(value >> parameter, 64) + 1 + parameter;
        if (bits <= 56)
        {
            ulong ones = (1UL << (bits - 1 - parameter)) - 1;
            Write((ones << (parameter + 1)) | (value & ((1UL << parameter) - 1)), bits);
            return;
        }

        for (ulong quotient = value >> parameter; quotient > 0;)
        {
            int ones = (int)Math.Min(quotient, 32);
            Write((1UL << ones) - 1, ones);
            quotient -= (ulong)ones;
        }

        Write(0, 1);
        int high = Math.Max(0, parameter - 32);
        Write((value >> 32) & ((1UL << high) - 1), high);
        Write(value & ((1UL << (parameter - high)) - 1), parameter - high);
    }

    /// <summary>Ends it with zeros up to a whole byte.</summary>
    public void End()
    {
        Write(0, (8 - (_count & 7)) & 7);
        Flush();
    }

    // At most 56 bits at a time; fewer than 8 are left of those before.
    private void Write(ulong value, int count)
    {
        _bits = (_bits << count) | value;
        _count += count;
        Flush();
    }

    private void Flush()
    {
        if (_count >= 8)
        {
            BinaryPrimitives.WriteUInt64BigEndian(writer.GetSpan(sizeof(ulong)), _bits << (64 - _count));
            writer.Advance(_count / 8);
            _count %= 8;
        }
    }
}

/// <summary>Reads what <see cref="BitWriter"/> wrote, never past the end. Any fault is an <see cref="InvalidDataException"/>.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;
    private ulong _bits;
    private int _count;

    /// <summary>Reads a number that is below a limit.</summary>
    public ulong Rice(int parameter, ulong limit)
    {
        ulong quotient = 0;
        while (true)
        {
            Fill();
            if (_count == 0)
            {
                throw new InvalidDataException("its code ends too early");
            }

            int ones = Math.Min(BitOperations.LeadingZeroCount(~_bits), _count);
            quotient += (ulong)ones;
            if (ones < _count)
            {
                Drop(ones + 1);
                break;
            }

            Drop(ones);
        }

        if (quotient > limit >> parameter)
        {
            throw new InvalidDataException("a number of its code is not below its limit");
        }

        ulong value = quotient << parameter;
        int high = Math.Max(0, parameter - 32);
        value |= Read(high) << (parameter - high);
        value |= Read(parameter - high);
        return value < limit ? value : throw new InvalidDataException("a number of its code is not below its limit");
    }

    /// <summary>Checks that nothing but zeros up to a whole byte is left.</summary>
    public void End()
    {
        Fill();
        if (_position < _bytes.Length || _count >= 8 || _bits != 0)
        {
            throw new InvalidDataException("its code is longer than its numbers");
        }
    }

    private ulong Read(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        Fill();
        if (_count < count)
        {
            throw new InvalidDataException("its code ends too early");
        }

        ulong value = _bits >> (64 - count);
        Drop(count);
        return value;
    }

    // The bits to come stand at the top; those behind them are zero.
    private void Fill()
    {
        while (_count <= 56 && _position < _bytes.Length)
        {
            _bits |= (ulong)_bytes[_position++] << (56 - _count);
            _count += 8;
        }
    }

    private void Drop(int count)
    {
        _bits = count == 64 ? 0 : _bits << count;
        _count -= count;
    }
}
