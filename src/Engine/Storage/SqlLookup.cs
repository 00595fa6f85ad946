using System.Data.Common;
using System.Globalization;
using System.Runtime.ExceptionServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using Npgsql;

namespace DataLoad.Engine.Storage;

/// <summary>A business database, opened for reading only.</summary>
/// <remarks>Queries are written as for PostgreSQL, <c>… WHERE id = ANY(@keys)</c>, whatever the database is. Owns the database and closes it.</remarks>
public sealed class SqlLookup(SqlDatabase database) : ILookup
{
    /// <inheritdoc/>
    public string Name => database.Name;

    /// <inheritdoc/>
    public async ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(rows.Step, step))
        {
            throw new ArgumentException($"The rows are made for the step '{rows.Step.Name}', not '{step.Name}'.", nameof(rows));
        }

        rows.Clear();
        if (await TryAsync(query, keys, rows, cancellationToken) is not { } refused)
        {
            return;
        }

        // Of no row, where it fails for none.
        if (await TryAsync(query, ReadOnlyMemory<int>.Empty, rows, cancellationToken) is { } always)
        {
            ExceptionDispatchInfo.Throw(always);
        }

        rows.Clear();
        await NarrowAsync(query, keys, rows, refused, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<string?> CheckDatabaseAsync(CancellationToken cancellationToken) => database.FindUnfitAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> FindWarningsAsync(CancellationToken cancellationToken) => database.FindWarningsAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => database.PingAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    /// <summary>Finds the rows that the database itself cannot read, as where the query casts a text that is no number, and reads the others.</summary>
    private async Task NarrowAsync(string query, ReadOnlyMemory<int> keys, LookupRows rows, DbException refused, CancellationToken cancellationToken)
    {
        if (keys.Length == 1)
        {
            int row = rows.Find(keys.Span[0]);
            string error = refused is PostgresException server ? server.MessageText : refused.Message;
            rows.SetError(row < 0 ? rows.Add(keys.Span[0]) : row, LookupRows.WholeRow, $"cannot be read by the database: {error}");
            return;
        }

        int half = keys.Length / 2;
        foreach (ReadOnlyMemory<int> part in (ReadOnlyMemory<int>[])[keys[..half], keys[half..]])
        {
            if (await TryAsync(query, part, rows, cancellationToken) is { } again)
            {
                await NarrowAsync(query, part, rows, again, cancellationToken);
            }
        }
    }

    /// <summary>Adds the rows of keys; the database's refusal where a value of one of them is why.</summary>
    private async Task<DbException?> TryAsync(string query, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        try
        {
            await database.QueryAsync(query, keys, (reader, token) => LookupReader.AddAsync(reader, query, rows, token), cancellationToken);
            return null;
        }
        catch (DbException e) when (IsOfAValue(e.SqlState))
        {
            return e;
        }
    }

    /// <summary>Whether a refusal is for data that a query met: it cannot be cast, is out of range, or is several rows where there must be one.</summary>
    private static bool IsOfAValue(string? sqlState) =>
        sqlState is PostgresErrorCodes.CardinalityViolation || sqlState?.StartsWith("22", StringComparison.Ordinal) == true;
}

/// <summary>Reads the rows of a business query into <see cref="LookupRows"/>: columns by name, each value by the type it has, without boxing.</summary>
/// <remarks>A value that cannot be read spoils only the events that need it.</remarks>
public static class LookupReader
{
    /// <summary>Adds all that a reader returns to <paramref name="rows"/>.</summary>
    /// <exception cref="LookupException">The result has no <c>id</c>, or not all of the step's columns.</exception>
    public static async ValueTask AddAsync(DbDataReader reader, string query, LookupRows rows, CancellationToken cancellationToken)
    {
        int[] ordinals = FindColumns(reader, query, rows.Step);
        int known = rows.Count;
        while (await reader.ReadAsync(cancellationToken))
        {
            AddRow(reader, ordinals, rows, known);
        }
    }

    private static int[] FindColumns(DbDataReader reader, string query, LookupStep step)
    {
        string[] names = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        return [.. step.Columns.Select(column => column.Name).Prepend("id").Select(column => FindColumn(names, query, step, column))];
    }

    private static int FindColumn(string[] names, string query, LookupStep step, string column)
    {
        int exact = Array.IndexOf(names, column);
        int found = exact >= 0 ? exact : Array.FindIndex(names, name => string.Equals(name, column, StringComparison.OrdinalIgnoreCase));
        return found >= 0
            ? found
            : throw new LookupException($"The query '{step.Name}' returns no column '{column}'; name it so in the stream's query: {query}");
    }

    /// <summary>Adds a row. One that this query has given already must be the same, since nobody knows which of two is meant; what an earlier one gave of the
    /// same batch stands, though it may have changed since.</summary>
    private static void AddRow(DbDataReader reader, int[] ordinals, LookupRows rows, int known)
    {
        if (ReadId(reader, ordinals[0]) is not { } id)
        {
            return;
        }

        int row = rows.Add(id);
        if (row >= 0)
        {
            ReadValues(reader, ordinals, rows, row);
        }
        else if (rows.Find(id) is var first && first >= known)
        {
            ReadValues(reader, ordinals, rows, rows.AddRepeat());
            rows.TakeRepeat(first);
        }
    }

    private static void ReadValues(DbDataReader reader, int[] ordinals, LookupRows rows, int row)
    {
        for (int i = 0; i < rows.Step.Columns.Length; i++)
        {
            RowColumn column = rows.Step.Columns[i];
            try
            {
                ReadValue(reader, ordinals[i + 1], rows, row, i, column.Kind);
            }
            catch (Exception e) when (IsOfTheValue(e))
            {
                rows.SetError(row, i, $"column {column.Name} cannot be read: expected {LookupValue.Expected(column.Kind)} ({e.Message})");
            }
        }
    }

    private static int? ReadId(DbDataReader reader, int ordinal)
    {
        try
        {
            return !reader.IsDBNull(ordinal) && LookupValue.Integer(reader, ordinal) is { } value && value == (int)value ? (int)value : null;
        }
        catch (Exception e) when (IsOfTheValue(e))
        {
            return null;
        }
    }

    /// <summary>What a driver throws on a value of a row that was read is that value's fault; a connection that is gone fails the next row's reading.</summary>
    private static bool IsOfTheValue(Exception e) => e is not (OperationCanceledException or OutOfMemoryException or ObjectDisposedException);

    private static void ReadValue(DbDataReader reader, int ordinal, LookupRows rows, int row, int column, ColumnKind kind)
    {
        if (reader.IsDBNull(ordinal))
        {
            // Add has set numbers to 0; a text may be left from an earlier batch.
            if (kind == ColumnKind.Text)
            {
                rows.SetText(row, column, value: null);
            }
        }
        else if (kind == ColumnKind.Text && LookupValue.Text(reader, ordinal) is { } text)
        {
            rows.SetText(row, column, text);
        }
        else if (kind != ColumnKind.Text && LookupValue.Number(reader, ordinal, kind) is { } number)
        {
            rows.SetNumber(row, column, number);
        }
        else
        {
            rows.SetError(row, column, $"column {rows.Step.Columns[column].Name} = {LookupValue.Show(reader, ordinal)}: expected {LookupValue.Expected(kind)}");
        }
    }
}

/// <summary>Reads one value that is not null, by the type the database gives it; null where it is not what is expected.</summary>
/// <remarks>The type is asked for each value, since SQLite's differs from row to row.</remarks>
internal static class LookupValue
{
    private const long HighestAmount = 999_999_999_999;
    private const int ShownChars = 64;

    /// <summary>What a kind of column holds, for an error.</summary>
    public static string Expected(ColumnKind kind) => kind switch
    {
        ColumnKind.Int32 => "an integer from 0 to 2147483647",
        ColumnKind.Code => "an integer of 32 bits",
        ColumnKind.Time => "a time in epoch milliseconds",
        ColumnKind.Amount => "an amount from 0 to 9999999999.99 with at most two decimals",
        ColumnKind.Flag => "true or false, or an integer",
        _ => "text",
    };

    /// <summary>A value as an error shows it, shortened.</summary>
    public static string Show(DbDataReader reader, int ordinal)
    {
        string text = reader.GetValue(ordinal) switch
        {
            byte[] bytes => $"{bytes.Length} bytes",
            var value and not (IConvertible or IFormattable) => $"a value of type {reader.GetDataTypeName(ordinal)}",
            var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        return text.Length <= ShownChars ? text : $"{text.AsSpan(0, ShownChars)}…";
    }

    /// <summary>A number as <see cref="Resolving.LookupRows"/> keeps it.</summary>
    public static long? Number(DbDataReader reader, int ordinal, ColumnKind kind) => kind switch
    {
        ColumnKind.Int32 => Within(Integer(reader, ordinal), 0, int.MaxValue),
        ColumnKind.Code => Within(Integer(reader, ordinal), int.MinValue, int.MaxValue),

        // The least one is what a row keeps for null.
        ColumnKind.Time => Within(Integer(reader, ordinal), long.MinValue + 1, long.MaxValue),
        ColumnKind.Amount => Within(Amount(reader, ordinal), 0, HighestAmount),
        ColumnKind.Flag => Flag(reader, ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Text is no number."),
    };

    /// <summary>A whole number: of any integer type, a number without a fraction, or digits as text.</summary>
    public static long? Integer(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.Int64 => reader.GetInt64(ordinal),
        TypeCode.Int32 => reader.GetInt32(ordinal),
        TypeCode.Int16 => reader.GetInt16(ordinal),
        TypeCode.Byte => reader.GetByte(ordinal),
        TypeCode.UInt32 => reader.GetFieldValue<uint>(ordinal),
        TypeCode.Decimal => Whole(reader.GetDecimal(ordinal)),
        TypeCode.Double => Whole(reader.GetDouble(ordinal)),
        TypeCode.Single => Whole(reader.GetFloat(ordinal)),
        TypeCode.String => Whole(String(reader, ordinal)),
        _ => null,
    };

    /// <summary>Text, or the invariant text of a value of another type that has one: bytes, arrays and the like have none.</summary>
    public static string? Text(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.String => String(reader, ordinal),
        TypeCode.Int64 => reader.GetInt64(ordinal).ToString(CultureInfo.InvariantCulture),
        TypeCode.Int32 => reader.GetInt32(ordinal).ToString(CultureInfo.InvariantCulture),
        TypeCode.Boolean => reader.GetBoolean(ordinal) ? "true" : "false",
        _ => reader.GetValue(ordinal) is var value and (IConvertible or IFormattable) ? Convert.ToString(value, CultureInfo.InvariantCulture) : null,
    };

    private static long? Amount(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.Decimal => Hundredths.From(reader.GetDecimal(ordinal)),
        TypeCode.Double => Hundredths.From(reader.GetDouble(ordinal)),

        // By its shortest text: 0.29 is another number as a float than as a double.
        TypeCode.Single => Hundredths.From(double.Parse(reader.GetFloat(ordinal).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
        TypeCode.String => Hundredths.Parse(reader.GetString(ordinal)),
        _ => Integer(reader, ordinal) is { } whole ? Hundredths.From((decimal)whole) : null,
    };

    private static long? Flag(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.Boolean => reader.GetBoolean(ordinal) ? 1 : 0,
        TypeCode.String when String(reader, ordinal).ToUpperInvariant() is var text and ("T" or "TRUE" or "F" or "FALSE") => text[0] == 'T' ? 1 : 0,
        _ => Integer(reader, ordinal) switch { null => null, 0 => 0, _ => 1 },
    };

    /// <summary>A text without the blanks that fill a <c>char(n)</c>, which are no part of its value.</summary>
    private static string String(DbDataReader reader, int ordinal)
    {
        string text = reader.GetString(ordinal);
        return text.EndsWith(' ') && IsPadded(reader.GetDataTypeName(ordinal)) ? text.TrimEnd(' ') : text;
    }

    private static bool IsPadded(string type) => type is "character" || type.StartsWith("character(", StringComparison.Ordinal);

    private static long? Within(long? value, long min, long max) => value >= min && value <= max ? value : null;

    /// <summary>Digits, perhaps with a fraction of nothing but zeros, however many there are.</summary>
    private static long? Whole(string text)
    {
        ReadOnlySpan<char> whole = text;
        int point = whole.IndexOf('.');
        if (point > 0 && whole[(point + 1)..] is { Length: > 0 } fraction && !fraction.ContainsAnyExcept('0'))
        {
            whole = whole[..point];
        }

        return long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    private static long? Whole(decimal number) => number is >= long.MinValue and <= long.MaxValue && decimal.Truncate(number) == number ? (long)number : null;

    private static long? Whole(double number) => Math.Abs(number) <= 1L << 53 && Math.Truncate(number) == number ? (long)number : null;
}
