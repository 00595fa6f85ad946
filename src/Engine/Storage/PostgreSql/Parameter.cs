using Npgsql;
using NpgsqlTypes;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Positional parameters whose types are told, so that a statement is prepared the same way every time.</summary>
internal static class Parameter
{
    public static NpgsqlParameter Of(int value) => new NpgsqlParameter<int>(string.Empty, NpgsqlDbType.Integer) { TypedValue = value };

    public static NpgsqlParameter Of(long value) => new NpgsqlParameter<long>(string.Empty, NpgsqlDbType.Bigint) { TypedValue = value };

    public static NpgsqlParameter Of(short value) => new NpgsqlParameter<short>(string.Empty, NpgsqlDbType.Smallint) { TypedValue = value };

    public static NpgsqlParameter Of(string value) => new NpgsqlParameter<string>(string.Empty, NpgsqlDbType.Text) { TypedValue = value };

    public static NpgsqlParameter Of(Guid value) => new NpgsqlParameter<Guid>(string.Empty, NpgsqlDbType.Uuid) { TypedValue = value };

    public static NpgsqlParameter Of(DateOnly value) => new NpgsqlParameter<DateOnly>(string.Empty, NpgsqlDbType.Date) { TypedValue = value };

    public static NpgsqlParameter Of(byte[]? value) => new(string.Empty, NpgsqlDbType.Bytea) { Value = (object?)value ?? DBNull.Value };

    public static NpgsqlParameter Of(TimeSpan value) => new NpgsqlParameter<TimeSpan>(string.Empty, NpgsqlDbType.Interval) { TypedValue = value };

    public static NpgsqlParameter Of(int[] values) => Array(values, NpgsqlDbType.Integer);

    public static NpgsqlParameter Of(long[] values) => Array(values, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Of(short[] values) => Array(values, NpgsqlDbType.Smallint);

    public static NpgsqlParameter Of(string[] values) => Array(values, NpgsqlDbType.Text);

    public static NpgsqlParameter Of(DateOnly[] values) => Array(values, NpgsqlDbType.Date);

    public static NpgsqlParameter Of(Guid[] values) => Array(values, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Of(byte[][] values) => Array(values, NpgsqlDbType.Bytea);

    public static NpgsqlParameter Of(BatchColumn column) => column switch
    {
        BatchColumn<int> values => Of(values.Values),
        BatchColumn<long> values => Of(values.Values),
        BatchColumn<short> values => Of(values.Values),
        BatchColumn<string> values => Of(values.Values),
        BatchColumn<byte[]> values => Of(values.Values),
        BatchColumn<DateOnly> values => Of(values.Values),
        NumberColumns values => Of(values.Values),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, "No parameter holds such a column."),
    };

    private static NpgsqlParameter<T> Array<T>(T values, NpgsqlDbType element) =>
        new(string.Empty, NpgsqlDbType.Array | element) { TypedValue = values };
}
