using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>What a node is called in the server: the name of its sessions, and the key of its advisory lock.</summary>
internal static class PostgreSqlNodeName
{
    /// <summary>The name of a command's sessions, which no takeover ends.</summary>
    public const string None = "dataload";

    private const string Prefix = "dataload:";

    /// <summary>The server cuts longer names off and replaces other characters, and two nodes must never share one.</summary>
    private const int MaxChars = 63;

    /// <summary>The application name of a node's sessions.</summary>
    public static string ApplicationName(string nodeId)
    {
        if (nodeId.Length <= MaxChars - Prefix.Length && nodeId.All(c => c is > ' ' and <= '~'))
        {
            return Prefix + nodeId;
        }

        return $"{Prefix}#{Convert.ToHexStringLower(Hash(nodeId).AsSpan(0, 16))}";
    }

    /// <summary>The key of the advisory lock that a node's session holds for as long as it lives.</summary>
    public static long LockKey(string nodeId) => BinaryPrimitives.ReadInt64BigEndian(Hash(nodeId));

    private static byte[] Hash(string nodeId) => SHA256.HashData(Encoding.UTF8.GetBytes("dataload/node/" + nodeId));
}
