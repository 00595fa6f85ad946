using System.Globalization;
using System.Net;
using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Numbers down to their events, of a running host.</summary>
public sealed class ExplainTests
{
    private const int Rows = 4;

    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task Every_cell_of_a_row_is_the_sum_of_its_events_and_of_its_parts(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 113, LateRows = 0, Delayed = 0, Broken = 0, Unidentified = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(1_500));
        await scenario.ShouldEqualTallyAsync();

        foreach ((RowKey key, TallyRow row) in scenario.Tally.Rows.OrderByDescending(each => each.Value[0]).Take(Rows).Select(each => (each.Key, each.Value)))
        {
            StatTable table = key.Table.Equals(StatTable.Bear.Name, StringComparison.Ordinal) ? StatTable.Bear : StatTable.ActDate;
            string cell = string.Create(CultureInfo.InvariantCulture,
                $"page={(table == StatTable.Bear ? "bear" : "act")}&type={Uri.EscapeDataString(key.TopicType)}&id={key.TopicId}&day={key.Day:yyyy-MM-dd}");
            foreach ((string Name, CellKind Kind) column in table.Columns.Where(column => row[column.Name] != 0))
            {
                JsonElement whole = await host.ReadAsync($"/explain?{cell}&column={column.Name}&limit=500");
                string named = $"{key} {column.Name}: {whole.GetProperty("why")}";
                Number(whole.GetProperty("value")).ShouldBe(row[column.Name], named);
                Number(whole.GetProperty("table")).ShouldBe(row[column.Name], named);
                whole.GetProperty("complete").GetBoolean().ShouldBeTrue(named);
                JsonElement[] items = [.. whole.GetProperty("items").EnumerateArray()];
                items.Sum(item => Number(item.GetProperty("added"))).ShouldBe(row[column.Name], named);
                if (column.Kind == CellKind.Distinct)
                {
                    continue;
                }

                decimal parts = 0;
                foreach (string channel in items.Select(Channel).Distinct(StringComparer.Ordinal))
                {
                    JsonElement part = await host.ReadAsync($"/explain?{cell}&column={column.Name}&limit=1&by=channel%3D{Uri.EscapeDataString(channel)}");
                    Number(part.GetProperty("value")).ShouldBe(items.Where(item => string.Equals(Channel(item), channel, StringComparison.Ordinal)).Sum(item => Number(item.GetProperty("added"))));
                    parts += Number(part.GetProperty("value"));
                }

                parts.ShouldBe(row[column.Name], named);
            }
        }

        (await host.GetAsync("/api/v1/explain?page=act&type=a&id=1&day=2026-01-01&column=nothing")).Status.ShouldBe(HttpStatusCode.BadRequest);
        JsonElement nothing = await host.ReadAsync("/explain?page=act&type=a&id=1&day=2026-01-01&column=visit_cnt");
        (nothing.GetProperty("value").GetInt64(), nothing.GetProperty("table").ValueKind, nothing.GetProperty("complete").GetBoolean())
            .ShouldBe((0, JsonValueKind.Null, true));
        JsonElement audit = (await host.ReadAsync("/audit?action=explain&limit=1")).GetProperty("entries")[0];
        audit.GetProperty("target").GetString().ShouldBe("act a:1 2026-01-01 visit_cnt");
    });

    private static string Channel(JsonElement item) => item.GetProperty("event").GetProperty("channelType").GetString() ?? "";

    private static decimal Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? decimal.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDecimal();
}
