using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>Closes connections without waiting long for a broker that may be gone.</summary>
internal static partial class AmqpClosing
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public static async Task CloseAsync(IConnection connection, ILogger logger)
    {
        try
        {
            if (connection.IsOpen)
            {
                await connection.CloseAsync(Constants.ReplySuccess, "done", Timeout, abort: true, CancellationToken.None);
            }

            await connection.DisposeAsync();
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            CloseFailed(logger, e.Message);
        }
    }

    [LoggerMessage(5020, LogLevel.Debug, "Closing a connection that was lost: {Error}")]
    private static partial void CloseFailed(ILogger logger, string error);
}
