using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp.Library;

/// <summary>Consumes over a connection of the client library, which stays its maker's to close.</summary>
internal sealed class LibraryConnection : IConsumingConnection
{
    private readonly IConnection _connection;
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LibraryConnection(IConnection connection)
    {
        _connection = connection;
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            _ended.TrySetResult(reason.ReplyText);
            return Task.CompletedTask;
        };
    }

    public bool IsOpen => _connection.IsOpen;

    public Task<string> Ended => _ended.Task;

    public async Task<IConsumingChannel> OpenChannelAsync(int prefetch, CancellationToken cancellationToken)
    {
        IChannel channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            await channel.BasicQosAsync(0, (ushort)prefetch, global: false, cancellationToken).ConfigureAwait(false);
            return new LibraryChannel(channel);
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
