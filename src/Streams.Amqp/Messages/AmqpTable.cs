namespace DataLoad.Streams.Amqp;

/// <summary>
/// A field table of AMQP over its bytes, read entry after entry without allocating: <c>foreach (AmqpField field in table)</c>. Where an entry
/// is cut short or of a type whose length is not known, the table ends before it: what is unreadable is left unread and never a fault.
/// </summary>
/// <param name="entries">The bytes of the entries, without the length before them.</param>
public readonly ref struct AmqpTable(ReadOnlySpan<byte> entries)
{
    private readonly ReadOnlySpan<byte> _entries = entries;

    /// <summary>The bytes of the entries.</summary>
    public ReadOnlySpan<byte> Bytes => _entries;

    /// <summary>Finds the first entry of a name.</summary>
    /// <param name="name">The name's bytes.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it is there and readable.</returns>
    public bool TryGet(ReadOnlySpan<byte> name, out AmqpValue value)
    {
        foreach (AmqpField field in this)
        {
            if (field.Name.SequenceEqual(name))
            {
                value = field.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Reads the entries in order.</summary>
    public Enumerator GetEnumerator() => new(_entries);

    /// <summary>Reads the entries of a table in order.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _left;

        internal Enumerator(ReadOnlySpan<byte> entries)
        {
            _left = entries;
            Current = default;
        }

        /// <summary>The entry that was read last.</summary>
        public AmqpField Current { get; private set; }

        /// <summary>What is not read yet: after the end, what cannot be read.</summary>
        internal readonly ReadOnlySpan<byte> Left => _left;

        /// <summary>Reads the next entry.</summary>
        /// <returns>False at the end, and before what cannot be read.</returns>
        public bool MoveNext()
        {
            if (_left.IsEmpty || _left.Length < 1 + _left[0])
            {
                return false;
            }

            ReadOnlySpan<byte> name = _left.Slice(1, _left[0]);
            ReadOnlySpan<byte> rest = _left[(1 + name.Length)..];
            if (!AmqpValue.TryTake(ref rest, out AmqpValue value))
            {
                return false;
            }

            Current = new AmqpField(name, value, _left[..(_left.Length - rest.Length)]);
            _left = rest;
            return true;
        }
    }
}

/// <summary>An entry of an <see cref="AmqpTable"/>.</summary>
public readonly ref struct AmqpField
{
    internal AmqpField(ReadOnlySpan<byte> name, AmqpValue value, ReadOnlySpan<byte> bytes)
    {
        Name = name;
        Value = value;
        Bytes = bytes;
    }

    /// <summary>The name's bytes, of any encoding.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value.</summary>
    public AmqpValue Value { get; }

    /// <summary>The whole entry as it stands in the table.</summary>
    internal ReadOnlySpan<byte> Bytes { get; }
}
