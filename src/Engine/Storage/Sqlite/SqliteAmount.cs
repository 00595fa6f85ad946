using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// Money in a column of NUMERIC affinity, exactly. SQLite makes a REAL of any text that looks like a number, and a REAL
/// keeps 15 digits. So: whole amounts are INTEGER; others are REAL as long as 15 digits hold them, which gives every SQL
/// tool a number; beyond that, from 10^13 on, the digits are stored as a BLOB, which no affinity
/// touches and which sorts after all numbers.
/// </summary>
internal static class SqliteAmount
{
    private const long FirstBeyondReal = 1_000_000_000_000_000;

    /// <summary>Binds an amount.</summary>
    public static void Bind(SqliteStatement statement, int parameter, long hundredths)
    {
        if (hundredths % 100 == 0)
        {
            statement.Bind(parameter, hundredths / 100);
        }
        else if (hundredths is < FirstBeyondReal and > -FirstBeyondReal)
        {
            statement.Bind(parameter, hundredths / 100d);
        }
        else
        {
            statement.Bind(parameter, System.Text.Encoding.ASCII.GetBytes(Hundredths.Format(hundredths)).AsSpan());
        }
    }

    /// <summary>Reads an amount, of whatever storage class; null is 0.</summary>
    /// <returns>False where it is not one of two decimals.</returns>
    public static bool TryRead(SqliteStatement statement, int column, out long hundredths)
    {
        hundredths = 0;
        switch (statement.Type(column))
        {
            case raw.SQLITE_NULL:
                return true;
            case raw.SQLITE_INTEGER:
                return Hundredths.TryFrom((decimal)statement.Int64(column), out hundredths);
            case raw.SQLITE_FLOAT:
                return Hundredths.TryFrom(statement.Double(column), out hundredths);
            default:
                // SQLite gives a blob's bytes as text as they are.
                return Hundredths.TryParse(statement.Text(column), out hundredths);
        }
    }
}
