using DataLoad.Host.Tests.Commands;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>One-shots against a node that answers as it is told.</summary>
public abstract class OneShotBase : IAsyncLifetime
{
    /// <summary>The node, which each test has for itself.</summary>
    private protected StubNode Node { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Node = await StubNode.StartAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static string Lines(params string[] lines) => string.Concat(lines.Select(line => line + Environment.NewLine));

    private protected Task<CommandRun> RunAsync(params string[] words) => CommandRun.OfAsync([.. words, "--address", Node.Address]);
}
