using System.Data.Common;
using DataLoad.Engine.Contract;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>Where the SQL of one database differs from another's. Defaults hold for PostgreSQL and SQLite; a further database overrides them.</summary>
internal abstract class SqlDialect
{
    /// <summary>The type of bytes of any length.</summary>
    public abstract string Bytes { get; }

    /// <summary>The declaration of a table's own number: 64 bits, growing, its primary key.</summary>
    public abstract string Identity { get; }

    /// <summary>The declaration of a statistics row's key columns.</summary>
    public abstract string StatisticsKey { get; }

    /// <summary>What ends the CREATE TABLE of a statistics table.</summary>
    public virtual string StatisticsTableOptions => "";

    /// <summary>The declaration of when a row was written last, in a new table.</summary>
    public abstract string UpdateTime { get; }

    /// <summary>The same for a table that has rows already.</summary>
    public virtual string AddedUpdateTime => UpdateTime;

    /// <summary>The tables of Akka.Persistence.Sql's default mapping, as it would make them itself, with the unique key of the journal.</summary>
    public abstract string JournalTables { get; }

    /// <summary>The tables of the engine before Partitions: leases, nodes and its own journal.</summary>
    public abstract string LeaseTables { get; }

    /// <summary>The tables of the cluster: nodes with their addresses, how many clusters were founded, and leases by name, in the place of those before.</summary>
    public abstract string ClusterTables { get; }

    public virtual string Ping => "SELECT 1";

    /// <summary>How the tables of the first migration are best stored; statements, or nothing.</summary>
    public virtual string Tuning => "";

    /// <summary>The condition on <c>w</c> under which a fenced row may be written, where the statement itself has to say it.</summary>
    public virtual string Holds => "";

    /// <summary>The rows of a batch as an item of FROM, called <c>w</c>; of no use where a statement is run for one row at a time.</summary>
    protected virtual string Rows(RowShape shape) => "";

    /// <summary>One of the whole numbers of a row <c>w</c>, counted from 0.</summary>
    public abstract string Number(RowShape shape, int index);

    /// <summary>The stored form of an amount, given as an expression in hundredths.</summary>
    public abstract string Amount(string hundredths);

    /// <summary>A value's expression such that it is read as a type whatever the column's is: <c>text</c>, <c>int</c>, <c>bigint</c> or <c>date</c>.</summary>
    public abstract string Read(string expression, string type);

    /// <summary>The sum of a column of amounts, in hundredths and exact; 0 where there is no row.</summary>
    public abstract string SumOfAmounts(string column);

    /// <summary>The sum of a column of whole numbers; 0 where there is no row.</summary>
    public abstract string SumOfCounts(string column);

    /// <summary>An expression that is compared and ordered by code points.</summary>
    public abstract string ByCodePoint(string expression);

    /// <summary>Whether a text contains a parameter.</summary>
    public abstract string Contains(string text, string parameter);

    public abstract DataParameter Day(string name, int dayNumber);

    /// <summary>A day's number, of a value that was read as <c>date</c>; false where it is none.</summary>
    public abstract bool TryReadDay(DbDataReader reader, int ordinal, out int dayNumber);

    /// <summary>The condition that a column of bytes is one of the keys in a parameter, and that parameter.</summary>
    public abstract (string Condition, DataParameter Parameter) OneOf(string column, string parameter, IReadOnlyList<byte[]> keys);

    public virtual string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Rows that are to be changed in this transaction, locked, but none that another one has locked.</summary>
    /// <remarks>Where a database has one writer at a time, its transactions that write are apart already.</remarks>
    public virtual IQueryable<T> SkipLocked<T>(IQueryable<T> rows)
        where T : notnull => rows;

    /// <summary>Adds rows, or changes those whose key is there.</summary>
    /// <param name="table">The table, quoted; <c>t</c> in conditions.</param>
    /// <param name="shape">The rows.</param>
    /// <param name="columns">Columns and the expressions of their values, in terms of <c>w</c>; the first ones are the key.</param>
    /// <param name="keys">How many columns the key has.</param>
    /// <param name="changed">Which of the columns behind the key are changed where it is there; where none is, the row stays as it is.</param>
    /// <param name="condition">When such a row is changed, in terms of <c>t</c> and <c>excluded</c>; null for always.</param>
    public virtual string Upsert(
        string table, RowShape shape, IReadOnlyList<(string Column, string Value)> columns, int keys, Range changed, string? condition) =>
        $"""
        INSERT INTO {table} AS t ({Join(columns.Select(column => column.Column))})
        SELECT {Join(columns.Select(column => column.Value))}
        FROM {Rows(shape)}
        WHERE {(Holds.Length > 0 && shape.IsFenced ? Holds : "true")}
        {OnConflict(columns, keys, changed, condition)}
        """;

    /// <summary>Changes the rows <c>t</c> of a table that a condition joins to <c>w</c>.</summary>
    public virtual string Update(string table, RowShape shape, string set, string on) =>
        $"UPDATE {table} AS t SET {set} FROM {Rows(shape)} WHERE {on}{AndHolds(shape)}";

    /// <summary>Removes the rows <c>t</c> of a table that a condition joins to <c>w</c>.</summary>
    public virtual string Delete(string table, RowShape shape, string on) => $"DELETE FROM {table} AS t USING {Rows(shape)} WHERE {on}{AndHolds(shape)}";

    /// <summary>The columns of a table; empty where there is none of that name.</summary>
    public abstract Task<IReadOnlyList<TableColumn>> ColumnsAsync(DataConnection db, string table, CancellationToken cancellationToken);

    /// <summary>Whether columns are, in any order, a unique key of a table.</summary>
    public abstract Task<bool> HasUniqueKeyAsync(DataConnection db, string table, IReadOnlyList<string> columns, CancellationToken cancellationToken);

    public async Task<bool> HasTableAsync(DataConnection db, string table, CancellationToken cancellationToken) =>
        (await ColumnsAsync(db, table, cancellationToken)).Count > 0;

    /// <summary>The statement that makes a statistics table's key unique.</summary>
    public abstract string CreateKey(string table, IEnumerable<string> key);

    /// <summary>What else makes a complete statistics table serve better, outside of a transaction; false where it may not be done.</summary>
    public virtual Task<bool> OptimizeAsync(DataConnection db, string table, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>Why the database cannot keep what is exact, with the remedy; null where it can.</summary>
    /// <param name="db">A connection to it.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public virtual Task<string?> FindUnfitAsync(DataConnection db, string name, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Why what bears a statistics table's name cannot be one, as in <c>is a view</c>, with the remedy; null where it can.</summary>
    public virtual Task<string?> FindUnfitTableAsync(DataConnection db, string table, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>What is worth knowing of a table that can be used, each as in <c>has the trigger x</c>.</summary>
    public virtual Task<IReadOnlyList<string>> FindWarningsAsync(DataConnection db, string table, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>The collation that tells all texts apart, as it is written in a column's declaration.</summary>
    public abstract string ExactCollation { get; }

    /// <summary>Why a type cannot serve for a column of a statistics table, as in <c>bigint</c> where it is needed; null where it can.</summary>
    public virtual string? Unfit(TableColumn column, StatisticsColumn needed) => null;

    /// <summary>Whether a column of counts holds less than 64 bits.</summary>
    public virtual bool IsNarrow(TableColumn column) => false;

    /// <summary>Makes the transaction the only one that changes the schema; the server is asked whether it will do.</summary>
    /// <exception cref="StoreException">The server is too old.</exception>
    public virtual Task LockSchemaAsync(DataConnection db, string name, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What a failed change of the schema means, with its remedy; null where it is any other failure.</summary>
    public abstract string? ExplainSchemaChange(Exception error, string statement);

    /// <summary>Whether an error of the driver says that a unique key is taken, or that an index to be made unique found two rows of one key.</summary>
    public abstract bool IsDuplicate(Exception error);

    /// <summary>Whether an error of the driver may be that of single rows that were written, while others could be.</summary>
    public abstract bool IsOfRow(Exception error);

    protected static string Join(IEnumerable<string> parts) => string.Join(", ", parts);

    protected static string OnConflict(IReadOnlyList<(string Column, string Value)> columns, int keys, Range changed, string? condition)
    {
        string key = Join(columns.Take(keys).Select(column => column.Column));
        string set = Join(columns.Skip(keys).Take(changed).Select(column => $"{column.Column} = excluded.{column.Column}"));
        return set.Length == 0 ? $"ON CONFLICT ({key}) DO NOTHING" : $"""
            ON CONFLICT ({key}) DO UPDATE
            SET {set}
            {(condition is null ? "" : $"WHERE {condition}")}
            """;
    }

    protected string AndHolds(RowShape shape) => Holds.Length > 0 && shape.IsFenced ? $" AND {Holds}" : "";
}

/// <summary>A column that a table has.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as the database calls it.</param>
/// <param name="Category">What kind of type it is, as the database says; empty where it does not.</param>
/// <param name="IsDemanded">Whether a row cannot be added without it.</param>
/// <param name="Length">How many characters it holds; 0 where that is not bounded.</param>
/// <param name="Collation">The collation by which it, or a unique key that it is in, takes different texts for one; null where there is none.</param>
/// <param name="IsGenerated">Whether the database makes its values, and takes none.</param>
/// <param name="Precision">How many digits a decimal has; 0 where that is not bounded.</param>
/// <param name="Scale">How many of them are decimals.</param>
internal sealed record TableColumn(
    string Name, string Type, string Category, bool IsDemanded, int Length = 0, string? Collation = null, bool IsGenerated = false,
    int Precision = 0, int Scale = 0);

/// <summary>What a column of a statistics table is for.</summary>
internal enum StatisticsColumn
{
    TopicType,
    TopicId,
    Day,
    Count,
    Amount,
    UpdateTime,
    SequenceNr,
    PartText,
    PartId,
}
