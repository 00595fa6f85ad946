using System.Data.Common;
using System.Globalization;
using Dapper;
using RabbitMQ.Client;

namespace DataLoad.Demo;

/// <summary>Takes samples of what the tables, the broker and the tally say.</summary>
internal sealed class LiveNumbers(DemoOptions options, Tally tally, SpringPublisher publisher) : IAsyncDisposable
{
    // Each of these columns grows by one with each event of its stream; three streams have none.
    private const string BearEvents = "visit_cnt + share_cnt";
    private const string ActEvents =
        "visit_cnt + share_cnt + h5_visit_cnt + buy_cnt + member_card_cnt + red_pack_cnt + revoke_cnt + refund_cnt + overdue_card_num"
        + " + lottery_cnt + share_visit_cnt + group_open_cnt + group_join_cnt + group_success_cnt";

    private static readonly string[] WithoutCount = [ContractStreams.ActOff.Name, ContractStreams.ActCancelPay.Name, ContractStreams.ActRedPackExpire.Name];

    private readonly NodeShares _shares = new(options.Http);
    private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();
    private LiveSample? _last;
    private IConnection? _broker;

    public async Task<LiveSample> TakeAsync(CancellationToken cancel)
    {
        var (counted, top) = await TablesAsync(cancel);
        var (expected, duplicates) = tally.Locked(() =>
            (tally.Events - WithoutCount.Sum(stream => tally.EventsByStream.GetValueOrDefault(stream)), tally.Duplicates));
        var dead = await DeadAsync(cancel);
        var sample = new LiveSample(_clock.Elapsed, publisher.Confirmed, counted, expected, dead, tally.DeadLetterCount, duplicates, top)
        {
            Shares = await _shares.TakeAsync(cancel),
        };
        if (_last is { } last)
        {
            var seconds = Math.Max(0.001, (sample.Elapsed - last.Elapsed).TotalSeconds);
            sample = sample with
            {
                PublishedRate = (sample.Published - last.Published) / seconds,
                CountedRate = (sample.Counted - last.Counted) / seconds,
            };
        }

        return _last = sample;
    }

    public async ValueTask DisposeAsync()
    {
        _shares.Dispose();
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    private async Task<long> DeadAsync(CancellationToken cancel)
    {
        try
        {
            _broker ??= await new ConnectionFactory { Uri = new Uri(options.Amqp), AutomaticRecoveryEnabled = false, ClientProvidedName = "dataload-demo live view" }
                .CreateConnectionAsync(cancel);
            return await DeadLetters.CountAsync(_broker, cancel);
        }
        catch (Exception broken) when (SpringPublisher.IsBroken(broken) && !cancel.IsCancellationRequested)
        {
            // The broker is away: the view says so by standing still, and looks again over another connection.
            if (_broker is { } lost)
            {
                _broker = null;
                await lost.DisposeAsync();
            }

            return _last?.Dead ?? 0;
        }
    }

    private async Task<(long Counted, IReadOnlyList<TopTopic> Top)> TablesAsync(CancellationToken cancel)
    {
        try
        {
            await using var connection = await DatabaseUrl.Parse(options.Store).OpenAsync(cancel);
            var counted = await SumAsync(connection, BearEvents, StatTable.Bear, cancel) + await SumAsync(connection, ActEvents, StatTable.ActDate, cancel);
            return (counted, await TopAsync(connection, cancel));
        }
        catch (DbException)
        {
            // The tables are not there yet, or their server is away: the view says so by standing still.
            return (_last?.Counted ?? 0, _last?.Top ?? []);
        }
    }

    private static async Task<long> SumAsync(DbConnection connection, string events, StatTable table, CancellationToken cancel) =>
        Convert.ToInt64(await connection.ExecuteScalarAsync<object>(new CommandDefinition($"select coalesce(sum({events}), 0) from {table.Name}",
            cancellationToken: cancel)), CultureInfo.InvariantCulture);

    private static async Task<IReadOnlyList<TopTopic>> TopAsync(DbConnection connection, CancellationToken cancel)
    {
        var top = new List<TopTopic>();
        const string sql = "select topic_type, topic_id, sum(visit_cnt), sum(share_cnt), sum(buy_cnt), sum(pay_amount) from data_load_act_date"
            + " group by topic_type, topic_id order by sum(visit_cnt + share_cnt) desc limit 8";
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(sql, cancellationToken: cancel));
        while (await reader.ReadAsync(cancel))
        {
            top.Add(new TopTopic(reader.GetString(0), reader.GetInt32(1), Whole(2), Whole(3), Whole(4),
                Convert.ToDecimal(reader.GetValue(5), CultureInfo.InvariantCulture)));
        }

        return top;

        long Whole(int column) => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);
    }
}
