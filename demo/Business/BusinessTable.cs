namespace DataLoad.Demo;

/// <summary>A table of the reference schema: its name and its columns, the key first.</summary>
public sealed record BusinessTable(string Name, IReadOnlyList<(string Name, ColumnKind Kind)> Columns)
{
    /// <summary>The statement that creates the table where it is missing; PostgreSQL and SQLite both take it.</summary>
    public string CreateSql { get; } =
        $"create table if not exists {Name} (" +
        string.Join(", ", Columns.Select((column, i) => $"{column.Name} {Type(column.Kind)}{(i == 0 ? " primary key" : "")}")) + ")";

    /// <summary>The statement that inserts a row, its parameters named <c>@p0</c> and on.</summary>
    public string InsertSql { get; } =
        $"insert into {Name} ({string.Join(", ", Columns.Select(column => column.Name))}) " +
        $"values ({string.Join(", ", Columns.Select((_, i) => FormattableString.Invariant($"@p{i}")))})";

    /// <summary>PostgreSQL's bulk load of this table.</summary>
    public string CopySql { get; } =
        $"copy {Name} ({string.Join(", ", Columns.Select(column => column.Name))}) from stdin (format binary)";

    /// <summary>A row; its values in the order of the columns.</summary>
    /// <exception cref="ArgumentException">There are more or fewer values than columns.</exception>
    public BusinessRow Row(params object?[] values) =>
        values.Length == Columns.Count
            ? new BusinessRow(this, values)
            : throw new ArgumentException($"{Name} has {Columns.Count} columns, but {values.Length} values were given", nameof(values));

    // Nothing but the key is "not null": a deployment's tables promise no more, and the tests need nulls.
    private static string Type(ColumnKind kind) => kind switch
    {
        ColumnKind.Int => "int",
        ColumnKind.SmallInt => "smallint",
        ColumnKind.BigInt => "bigint",
        ColumnKind.Bool => "boolean",
        ColumnKind.Money => "numeric(12,2)",
        ColumnKind.Varchar => "varchar(255)",
        _ => "text",
    };
}
