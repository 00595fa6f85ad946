using System.Globalization;
using DataLoad.Bench.Drain;

namespace DataLoad.Bench.Profile;

/// <summary>
/// Whom the database server works for, from the titles of its processes, which hold the name of the database: the business
/// one is looked up in, the store's has one connection that journals and others that flush.
/// </summary>
internal static class DatabaseShares
{
    /// <summary>The work of lookups.</summary>
    public const string Lookups = "database: lookups";

    /// <summary>The work of the connection that takes most of the store's: it journals.</summary>
    public const string Journal = "database: journal";

    /// <summary>The work of the store's other connections: flush, snapshots, leases.</summary>
    public const string Store = "database: flush and the rest of the store";

    /// <summary>The work of processes for no connection: writing behind, checkpoints, vacuum.</summary>
    public const string Background = "database: background";

    /// <summary>CPU seconds so far by whom they were for.</summary>
    /// <param name="server">The server's first process.</param>
    /// <param name="business">The name of the business database.</param>
    /// <param name="store">The name of the store's.</param>
    public static IReadOnlyDictionary<string, double> Read(int server, string business, string store)
    {
        (string Title, double Seconds)[] processes = [.. CpuMeter.Children(server).Select(child => (Title(child.Pid), child.Seconds))];
        double[] own = [.. processes.Where(process => Names(process.Title, store)).Select(process => process.Seconds).OrderDescending()];
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            [Lookups] = processes.Where(process => Names(process.Title, business)).Sum(process => process.Seconds),
            [Journal] = own.FirstOrDefault(),
            [Store] = own.Skip(1).Sum(),
            [Background] = processes.Where(process => !process.Title.Contains("[local]", StringComparison.Ordinal)
                && !process.Title.Contains("127.0.0.1", StringComparison.Ordinal)).Sum(process => process.Seconds),
        };
    }

    private static bool Names(string title, string database) =>
        title.Contains(string.Create(CultureInfo.InvariantCulture, $" {database} "), StringComparison.Ordinal);

    private static string Title(int pid)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return "";
        }
    }
}
