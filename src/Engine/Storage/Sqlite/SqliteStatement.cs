using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// A prepared statement that its session keeps: bound and read by type, so that no value is boxed and no blob copied
/// on its way in. Disposing it ends the use, not the statement. Not thread-safe.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    internal SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Ends this use, so that the statement locks nothing; its parameters become null.</summary>
    public void Dispose()
    {
        // A reset repeats the error of the last step, which has been thrown already.
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    /// <summary>Binds an integer; the first parameter is 1.</summary>
    public SqliteStatement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds a number.</summary>
    public SqliteStatement Bind(int parameter, double value)
    {
        Check(raw.sqlite3_bind_double(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds text, or null.</summary>
    public SqliteStatement Bind(int parameter, string? value)
    {
        Check(value is null
            ? raw.sqlite3_bind_null(_statement, parameter)
            : raw.sqlite3_bind_text(_statement, parameter, value));
        return this;
    }

    /// <summary>Binds bytes; an empty span is an empty blob, not null.</summary>
    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, parameter, 0)
            : raw.sqlite3_bind_blob(_statement, parameter, value));
        return this;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False where there is none.</returns>
    public bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }

        return false;
    }

    /// <summary>Runs a statement that returns nothing, and readies it for the next run with its parameters kept.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute()
    {
        while (Step())
        {
            // Pragmas answer with a row that nobody needs.
        }

        int changes = raw.sqlite3_changes(_database);
        Check(raw.sqlite3_reset(_statement));
        return changes;
    }

    /// <summary>The first column of the first row, or the default where there is none or it is null.</summary>
    public long Scalar(long fallback = 0) => Step() && !IsNull(0) ? Int64(0) : fallback;

    /// <summary>Whether a column of the row is null.</summary>
    public bool IsNull(int column) => Type(column) == raw.SQLITE_NULL;

    /// <summary>The storage class of a column of the row.</summary>
    public int Type(int column) => raw.sqlite3_column_type(_statement, column);

    /// <summary>A column of the row as an integer.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>A column of the row as a number.</summary>
    public double Double(int column) => raw.sqlite3_column_double(_statement, column);

    /// <summary>A column of the row as text; null is empty.</summary>
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    /// <summary>A column of the row as bytes: SQLite's own, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>A column of the row as bytes of its own.</summary>
    public byte[] Blob(int column) => Span(column).ToArray();

    internal void Close() => _statement.Dispose();

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
