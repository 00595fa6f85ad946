using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage.Memory;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Statistics;

public sealed class ShownCatalogTests
{
    private readonly MemoryStore _store = new(new MemoryStoreState());
    private readonly Lines _lines = new();

    [Fact]
    public async Task A_store_that_is_away_is_told_once_however_often_it_is_asked_and_so_is_that_it_is_back()
    {
        var shown = new ShownCatalog(Catalog.Default, _store.Declarations, _lines);
        await RefreshAsync(shown, 2);
        _lines.ShouldBeEmpty();

        _store.Before = _ => throw new IOException("no route to the store");
        await RefreshAsync(shown, 5);
        shown.Now.ShouldBeSameAs(Catalog.Default);
        (LogLevel Level, string Text) line = _lines.ShouldHaveSingleItem();
        line.Level.ShouldBe(LogLevel.Warning);
        line.Text.ShouldContain("no route to the store");
        line.Text.ShouldContain("dataload.store.connection");

        _store.Before = null;
        await RefreshAsync(shown, 5);
        _lines.Count.ShouldBe(2);
        _lines[1].Level.ShouldBe(LogLevel.Information);

        _store.Before = _ => throw new IOException("gone again");
        await RefreshAsync(shown, 5);
        _lines.Count.ShouldBe(3);
        _lines[2].Text.ShouldContain("gone again");
    }

    [Fact]
    public async Task A_caller_who_goes_is_no_fault_of_the_store()
    {
        using var going = new CancellationTokenSource();
        _store.Before = async _ =>
        {
            await going.CancelAsync();
            going.Token.ThrowIfCancellationRequested();
        };

        await Should.ThrowAsync<OperationCanceledException>(async () => await new ShownCatalog(Catalog.Default, _store.Declarations, _lines).RefreshAsync(going.Token));
        _lines.ShouldBeEmpty();
    }

    private static async Task RefreshAsync(ShownCatalog shown, int times)
    {
        for (int i = 0; i < times; i++)
        {
            await shown.RefreshAsync(TestContext.Current.CancellationToken);
        }
    }

    private sealed class Lines : List<(LogLevel Level, string Text)>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add((logLevel, formatter(state, exception)));
    }
}
