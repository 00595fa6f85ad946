namespace DataLoad.Host.Tests.Operating;

/// <summary>Answers of a node, as its API writes them.</summary>
internal static class Samples
{
    public const string Totals = """{"deliveries":12,"events":10,"duplicates":1,"unidentified":0,"retries":2,"parked":3,"deadLetters":1}""";
    public const string Rates = """{"deliveries":2.5,"events":2,"duplicates":0,"retries":0,"parked":0,"deadLetters":0}""";

    public static readonly string Status = $$"""
        {"node":"host-1-ab","version":"0.1.0","startedAt":1,"now":2,"uptimeSeconds":7200,"state":"degraded","reasons":["Paused by request: act.share."],"ready":true,"timeZone":"Asia/Shanghai","today":"2026-11-24",
        "broker":{"ok":true,"detail":null,"name":"127.0.0.1:5672/"},"store":{"ok":true,"detail":null,"name":null},"business":{"ok":false,"detail":"no such table: orders","name":"shop"},
        "shards":{"owned":32,"total":32},"memory":{"residentBytes":1572864,"budgetBytes":536870912,"processBytes":104857600,"counters":1234,"damaged":0},
        "unflushed":0,"uncheckpointed":10,"parked":3,"lag":1234567,"deadLetters":1,"totals":{{Totals}},"rates":{{Rates}},"paused":["act.share"],"failing":{"act.buy":"no such table: orders"},"further":1}
        """;

    public static string Stream(string name, string state) =>
        $$"""{"name":"{{name}}","page":"act","exchange":"e","queue":"q","enabled":true,"paused":{{(state is "paused" ? "true" : "false")}},"state":"{{state}}","failing":{{(state is "failing" ? "\"no such table\"" : "null")}},"prefetch":2000,"lag":5,"unacknowledged":7,"deadLettersByReason":{"no-row":1},"totals":{{Totals}},"rates":{{Rates}}}""";
}
