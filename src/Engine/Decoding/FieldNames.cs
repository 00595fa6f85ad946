using System.Collections.Immutable;
using System.Text;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Decoding;

/// <summary>Finds a declared field by its JSON name. Not for two threads.</summary>
internal sealed class FieldNames
{
    private const int BytesPerEscape = 6;
    private readonly byte[][] _names;
    private readonly short[] _firstOfLength;
    private readonly short[] _next;
    private readonly byte[] _scratch;

    /// <summary>Indexes the names by their length, which nearly tells them apart.</summary>
    public FieldNames(ImmutableArray<MessageField> fields)
    {
        _names = [.. fields.Select(field => Encoding.UTF8.GetBytes(field.Name))];
        int longest = _names.Max(name => name.Length);
        _firstOfLength = new short[longest + 1];
        _firstOfLength.AsSpan().Fill(-1);
        _next = new short[_names.Length];
        _scratch = new byte[longest * BytesPerEscape];
        for (int slot = _names.Length - 1; slot >= 0; slot--)
        {
            _next[slot] = _firstOfLength[_names[slot].Length];
            _firstOfLength[_names[slot].Length] = (short)slot;
        }
    }

    /// <summary>The field's slot, or -1 where it is not declared.</summary>
    /// <param name="name">The name as it stands between the quotes.</param>
    /// <param name="escaped">Whether it holds escapes.</param>
    public int Find(ReadOnlySpan<byte> name, bool escaped)
    {
        if (escaped)
        {
            if (name.Length > _scratch.Length)
            {
                return -1;
            }

            name = _scratch.AsSpan(0, JsonText.Unescape(name, _scratch));
        }

        return Find(name);
    }

    /// <summary>The field's slot, or -1; found at once where the guess is right.</summary>
    /// <param name="name">The name, without escapes.</param>
    /// <param name="guess">The slot that it may be; any number.</param>
    public int Find(ReadOnlySpan<byte> name, int guess) =>
        (uint)guess < (uint)_names.Length && name.SequenceEqual(_names[guess]) ? guess : Find(name);

    private int Find(ReadOnlySpan<byte> name)
    {
        if (name.Length >= _firstOfLength.Length)
        {
            return -1;
        }

        int slot = _firstOfLength[name.Length];
        while (slot >= 0 && !name.SequenceEqual(_names[slot]))
        {
            slot = _next[slot];
        }

        return slot;
    }
}
