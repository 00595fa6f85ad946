using DataLoad.Engine.Journaling;
using Npgsql;
using NpgsqlTypes;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The parameters of an append, an array a column; kept from one append to the next.</summary>
internal sealed class JournalParameters
{
    private readonly List<int> _shards = [];
    private readonly List<long> _epochs = [];
    private readonly List<long> _firsts = [];
    private readonly List<long> _lasts = [];
    private readonly List<long> _journaledAt = [];
    private readonly List<ReadOnlyMemory<byte>> _bytes = [];

    /// <summary>Adds the arrays to a command, which from then on sends what they hold.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Array(_shards, NpgsqlDbType.Integer));
        parameters.Add(Array(_epochs, NpgsqlDbType.Bigint));
        parameters.Add(Array(_firsts, NpgsqlDbType.Bigint));
        parameters.Add(Array(_lasts, NpgsqlDbType.Bigint));
        parameters.Add(Array(_journaledAt, NpgsqlDbType.Bigint));
        parameters.Add(Array(_bytes, NpgsqlDbType.Bytea));
    }

    /// <summary>Adds a block; its bytes are not copied.</summary>
    public void Add(JournalBlock block)
    {
        _shards.Add(block.Shard);
        _epochs.Add(block.Epoch);
        _firsts.Add(block.FirstSequenceNr);
        _lasts.Add(block.LastSequenceNr);
        _journaledAt.Add(block.JournaledAtMs);
        _bytes.Add(block.Bytes);
    }

    /// <summary>Forgets the blocks and keeps the memory of the arrays.</summary>
    public void Clear()
    {
        _shards.Clear();
        _epochs.Clear();
        _firsts.Clear();
        _lasts.Clear();
        _journaledAt.Clear();
        _bytes.Clear();
    }

    private static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType element) =>
        new(string.Empty, NpgsqlDbType.Array | element) { TypedValue = values };
}
