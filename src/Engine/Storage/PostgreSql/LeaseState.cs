using DataLoad.Engine.Leasing;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>A lease as the server shows it.</summary>
/// <param name="Shard">What the lease is of.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="HolderId">The node that holds it, or null.</param>
/// <param name="Lives">Whether that node lives.</param>
/// <param name="Holder">What is known of that node, or null.</param>
/// <param name="ApplicationName">The name of that node's sessions, or null.</param>
internal sealed record LeaseState(int Shard, long Epoch, string? HolderId, bool Lives, NodeInfo? Holder, string? ApplicationName)
{
    /// <summary>Reads a row of <see cref="PostgreSqlLeaseSql.Look"/>.</summary>
    public static LeaseState Read(NpgsqlDataReader reader)
    {
        string? holderId = reader.IsDBNull(2) ? null : reader.GetString(2);
        NodeInfo? holder = reader.IsDBNull(4)
            ? null
            : new NodeInfo { Id = holderId!, Address = reader.GetString(4), Secret = reader.GetString(5) };
        return new LeaseState(
            reader.GetInt32(0), reader.GetInt64(1), holderId, reader.GetBoolean(3), holder, reader.IsDBNull(6) ? null : reader.GetString(6));
    }

    /// <summary>Whether that node holds it.</summary>
    public bool IsHeldBy(string nodeId) => string.Equals(HolderId, nodeId, StringComparison.Ordinal);

    /// <summary>Whether another node holds it and lives.</summary>
    public bool IsHeldByOther(string nodeId) => HolderId is not null && Lives && !IsHeldBy(nodeId);

    /// <summary>Whether another node holds it and is gone, so that its sessions are to be ended.</summary>
    public bool IsAbandoned(string nodeId) => HolderId is not null && !Lives && !IsHeldBy(nodeId) && ApplicationName is not null;
}
