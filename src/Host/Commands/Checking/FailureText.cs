using System.Data.Common;
using DataLoad.Engine.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Says in a sentence why a database or a broker could not be asked.</summary>
internal static class FailureText
{
    /// <summary>Why a database failed, and what to do about it.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="setting">The setting that names the database.</param>
    public static string OfDatabase(Exception e, string setting) => e switch
    {
        StoreException => e.Message,
        SqliteException => $"cannot be read: {Sentence(e.Message)} Correct {setting}, or make the file.",
        PostgresException refused => $"refuses: {Sentence(refused.MessageText)} Correct {setting}, or the rights of its user.",
        _ => $"cannot be reached: {Sentence(Whole(e))} Start it, or correct {setting}.",
    };

    /// <summary>Why the broker failed, and what to do about it.</summary>
    public static string OfBroker(Exception e, string user) => e switch
    {
        BrokerUnreachableException { InnerException: AuthenticationFailureException or PossibleAuthenticationFailureException } =>
            $"refuses the login as '{user}'. Correct user and password in dataload.amqp.url.",
        BrokerUnreachableException { InnerException: OperationInterruptedException { ShutdownReason: { } reason } } =>
            $"refuses: {Sentence(reason.ReplyText)} Correct the vhost in dataload.amqp.url, or the rights of user '{user}'.",
        _ => $"cannot be reached: {Sentence(Whole(e))} Start it, or correct dataload.amqp.url.",
    };

    /// <summary>Whether the failure is that of what was asked, not a mistake in this program.</summary>
    public static bool IsOutside(Exception e) =>
        e is DbException or StoreException or RabbitMQClientException or IOException or TimeoutException
            or System.Net.Sockets.SocketException or UnauthorizedAccessException;

    private static string Whole(Exception e) => e.InnerException is null ? e.Message : $"{e.Message} ({e.InnerException.Message})";

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
