using System.Data.Common;
using DataLoad.Engine.Clustering;
using DataLoad.Host.Hosting;
using DataLoad.Streams.Amqp;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Writes what a check finds, a line each as it is found.</summary>
internal sealed class CheckReport(TextWriter output)
{
    /// <summary>How many problems were found.</summary>
    public int Problems { get; private set; }

    public void Ok(string subject, string text) => Add(Finding.Ok, subject, text);
    public void Note(string subject, string text) => Add(Finding.Note, subject, text);
    public void Problem(string subject, string text) => Add(Finding.Problem, subject, text);

    public void Add(Finding finding, string subject, string text)
    {
        Problems += finding == Finding.Problem ? 1 : 0;
        output.WriteLine($"{finding.ToString().ToLowerInvariant(),-9}{subject}: {text.ReplaceLineEndings(" ")}");
    }
}

/// <summary>What a check finds: what is as it should be; what is worth knowing, and no reason against a start; what makes a start fail, or not count
/// something, where the text says what is wrong and how to correct it.</summary>
internal enum Finding { Ok = 0, Note, Problem }

/// <summary>Checks where HTTP would answer, and whether it may.</summary>
internal sealed class HttpCheck(CheckReport report, HttpSettings settings)
{
    public void Run()
    {
        string urls = string.Join(';', settings.Urls);
        (Finding finding, string text) = settings.Refusal is { } refusal ? (Finding.Problem, refusal)
            : settings.Urls.Count == 0 ? (Finding.Note, "answers nowhere: there is no health, no console and no dashboard. Set dataload.http.urls for them.")
            : settings.IsLoopbackOnly ? (Finding.Ok, $"answers at {urls}, to this machine alone, {(settings.HasTokens ? "with a token" : "without a token")}.")
            : (Finding.Ok, $"answers at {urls}, beyond this machine, with a token.");
        report.Add(finding, "http", text);
        if (settings.Refusal is null && !settings.IsLoopbackOnly && settings.Urls.Any(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)))
        {
            report.Note("http", "tokens go over plain HTTP: keep it on a private network, or put TLS in front.");
        }
    }
}

/// <summary>Checks how other nodes would be let in, and whether they may.</summary>
internal sealed class ClusterCheck(CheckReport report, ClusterSettings settings)
{
    public void Run()
    {
        try
        {
            ClusterTls? tls = ClusterStart.Check(settings);
            report.Ok("cluster", tls is not null ? $"other nodes reach it at {settings.ReachedBy}, and are let in by certificates."
                : settings.IsOpen ? $"other nodes reach it at {settings.ReachedBy}, and anybody else does."
                : $"other nodes reach it at {settings.ReachedBy}, from this machine alone.");
            foreach (string warning in ClusterStart.FindWarnings(settings, tls))
            {
                report.Note("cluster", warning);
            }
        }
        catch (StartException e)
        {
            report.Problem("cluster", e.Message);
        }
    }
}

/// <summary>Says in a sentence why a database or a broker could not be asked.</summary>
internal static class FailureText
{
    /// <summary>AMQP's reply code of a broker that refuses user or password, when a connection is opened.</summary>
    public const int LoginRefused = 403;

    /// <summary>AMQP's reply code of a broker that refuses the vhost.</summary>
    public const int VhostRefused = 530;

    /// <summary>Why a database failed, and what to do about it; the setting names the database.</summary>
    public static string OfDatabase(Exception e, string setting) => e switch
    {
        StoreException => e.Message,
        SqliteException => $"cannot be read: {Sentence(e.Message)} Correct {setting}, or make the file.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } full =>
            $"grants no connection: {Sentence(full.MessageText)} Raise max_connections or the CONNECTION LIMIT of the role or database, or end what holds them.",
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } starting => $"takes none yet: {Sentence(starting.MessageText)} Try again in a moment.",
        PostgresException refused => $"refuses: {Sentence(refused.MessageText)} Correct {setting}, or the rights of its user.",
        _ => $"cannot be reached: {Sentence(Whole(e))} Start it, or correct {setting}.",
    };

    /// <summary>Why the broker failed, and what to do about it.</summary>
    public static string OfBroker(Exception e, string user) => e switch
    {
        AmqpException { Code: LoginRefused } => $"refuses the login as '{user}': {Sentence(e.Message)} Correct user and password in dataload.amqp.url.",
        AmqpException { Code: VhostRefused } => $"refuses: {Sentence(e.Message)} Correct the vhost in dataload.amqp.url, or the rights of user '{user}'.",
        AmqpException { Code: not 0 } => $"refuses: {Sentence(e.Message)}",
        _ => $"cannot be reached: {Sentence(Whole(e))} Start it, or correct dataload.amqp.url.",
    };

    /// <summary>Whether the failure is that of what was asked, not a mistake in this program.</summary>
    public static bool IsOutside(Exception e) =>
        e is DbException or StoreException or IOException or TimeoutException or System.Net.Sockets.SocketException or UnauthorizedAccessException;

    private static string Whole(Exception e) => e.InnerException is null ? e.Message : $"{e.Message} ({e.InnerException.Message})";

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
