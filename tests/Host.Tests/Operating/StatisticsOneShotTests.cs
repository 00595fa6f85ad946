using DataLoad.Host.Commands;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>What one-shots say of counters, of the events behind them and of people.</summary>
public sealed class StatisticsOneShotTests : OneShotBase
{
    [Fact]
    public async Task The_top_shows_the_metric_it_is_sorted_by_first_and_all_those_that_are_named()
    {
        const string Answer = """{"page":"act","from":"2026-11-24","to":"2026-11-24","sort":"pay_amount","order":"desc","offset":0,"limit":20,"total":1,"items":[{"type":"activity","id":7,"days":1,"values":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"pay_amount":"33.50"}}]}""";
        Node.Answers("GET /api/v1/counters?page=act&sort=pay_amount&limit=20&offset=0", Answer);
        Node.Answers("GET /api/v1/counters?page=act&from=2026-11-24&to=2026-11-24&sort=pay_amount&metrics=a%2Cb&limit=20&offset=0", Answer);

        (await RunAsync("counters", "top", "--by", "pay_amount")).Output.ShouldBe(
            Lines("topic\tdays\tpay_amount\ta\tb\tc\td\te", "activity:7\t1\t33.50\t1\t2\t3\t4\t5"));
        (await RunAsync("counters", "top", "--by", "pay_amount", "--day", "2026-11-24", "--metrics", "a,b")).Output.ShouldStartWith(
            "topic\tdays\ta\tb\tc\td\te\tf\tpay_amount");
    }

    [Fact]
    public async Task People_of_several_days_are_blank_in_the_top()
    {
        Node.Answers("GET /api/v1/counters?page=act&from=2026-11-23&to=2026-11-24&limit=20&offset=0",
            """{"page":"act","from":"2026-11-23","to":"2026-11-24","sort":"a","order":"desc","offset":0,"limit":20,"total":1,"items":[{"type":"activity","id":7,"days":2,"values":{"a":1,"a_user_cnt":null,"pay_amount":"33.50"}}]}""");

        (await RunAsync("counters", "top", "--from", "2026-11-23", "--to", "2026-11-24")).Output.ShouldBe(
            Lines("topic\tdays\ta\ta_user_cnt\tpay_amount", "activity:7\t2\t1\t\t33.50"));
    }

    [Fact]
    public async Task A_topic_is_a_row_a_metric_and_a_column_a_day()
    {
        Node.Answers(
            "GET /api/v1/topic?type=a%20b%26c&id=7&from=2026-11-23&limit=1000",
            """{"type":"a b&c","id":7,"shard":1,"pages":[{"page":"act","days":[{"day":"2026-11-24","source":"memory","sequenceNr":3,"values":{"visit_cnt":12,"pay_amount":"1.00"}},{"day":"2026-11-23","source":"table","sequenceNr":1,"values":{"visit_cnt":2,"pay_amount":"0.00"}}]},{"page":"bear","days":[]}]}""");

        (await RunAsync("topic", "a b&c", "7", "--from", "2026-11-23")).Output.ShouldBe(Lines(
            "page\tmetric\t2026-11-24\t2026-11-23",
            "act\tvisit_cnt\t12\t2",
            "act\tpay_amount\t1.00\t0.00"));
    }

    [Fact]
    public async Task A_cell_is_explained_by_its_events_and_one_that_does_not_add_up_makes_1()
    {
        const string Event = """{"shard":3,"sequenceNr":12,"index":1,"journaledAt":1,"stream":"act.buy","type":"a:b","id":7,"day":"2026-11-24","time":0,"identity":"key","channelType":"h5","parentType":"BEAR","parentId":3,"facts":{"payAmount":"10.00"},"userId":5,"session":"s","businessKey":33}""";
        string Answer(string why) => $$"""{"page":"act","type":"a:b","id":7,"day":"2026-11-24","column":"pay_amount","by":null,"shard":3,"value":"33.50","baseline":"{{(why.Length > 0 ? "1.00" : "0.00")}}","added":"10.00","events":1,"table":"33.50","tableSequenceNr":12,"baselineSequenceNr":0,"lastSequenceNr":12,"lacksBefore":null,"complete":{{(why.Length == 0 ? "true" : "false")}},"why":{{(why.Length == 0 ? "null" : $"\"{why}\"")}},"items":[{"added":"10.00","value":"33.50","event":{{Event}}}],"next":"12.1"}""";
        Node.Answers("GET /api/v1/explain?page=act&type=a%3Ab&id=7&day=2026-11-24&column=pay_amount&limit=50", Answer(""));
        Node.Answers("GET /api/v1/explain?page=act&type=a%3Ab&id=7&day=2026-11-24&column=pay_amount&by=parent%3DBEAR%3A3&after=12.0&limit=1", Answer("It is older."));

        const string Head = "place\ttime\tstream\tadded\tvalue\tuser\tsession\tparent\tchannel\tcode\tkey\tfacts";
        const string Row = "3/12.1\t1970-01-01T00:00:00.000Z\tact.buy\t10.00\t33.50\t5\ts\tBEAR:3\th5\t\t33\tpayAmount=10.00";
        (await RunAsync("explain", "act", "a:b:7", "2026-11-24", "pay_amount")).ShouldBe(new CommandRun(
            ExitCode.Done,
            Lines(Head, Row, "act a:b:7 2026-11-24 pay_amount: 1 events added 10.00; the table holds 33.50."),
            Lines("dataload: there is more: --after 12.1")));
        (await RunAsync("explain", "act", "a:b:7", "2026-11-24", "pay_amount", "--by", "parent=BEAR:3", "--after", "12.0", "--limit", "1")).ShouldBe(new CommandRun(
            ExitCode.Found,
            Lines(Head, Row, "act a:b:7 2026-11-24 pay_amount: 1 events added 10.00 and 1.00 from before the journal begins; the table holds 33.50.", "It is older."),
            Lines("dataload: there is more: --after 12.1")));
        (await RunAsync("explain", "act", "a:b:7", "2026-11-24", "pay_amount", "--by", "nothing")).Error.ShouldContain(
            "'nothing' is no value of a breakdown: expected parent=TYPE:ID, channel=TEXT or qr-code=TEXT.");
    }

    [Fact]
    public async Task A_session_is_traced_in_the_order_of_time_and_one_of_which_events_may_lack_makes_1()
    {
        const string First = """{"shard":3,"sequenceNr":12,"index":1,"journaledAt":1,"stream":"act.visit","type":"a:b","id":7,"day":"2026-11-24","time":0,"identity":"key","channelType":"h5","parentType":"BEAR","parentId":3,"facts":{},"userId":5,"session":"s 1","businessKey":33}""";
        const string Second = """{"shard":0,"sequenceNr":4,"index":0,"journaledAt":1,"stream":"act.buy","type":"a","id":8,"day":"2026-11-24","time":1000,"identity":"hash","qrCode":"q","facts":{},"userId":0,"session":"s 1"}""";
        string Answer(string why, string next) => $$$"""{"session":"s 1","events":2,"blocks":2,"scannedBlocks":7,"trimmed":{{{(why.Length > 0 ? 2 : 0)}}},"complete":{{{(why.Length == 0 ? "true" : "false")}}},"why":{{{(why.Length == 0 ? "null" : $"\"{why}\"")}}},"items":[{"event":{{{First}}},"added":{"visit_cnt":1,"visit_user_cnt":1}},{"event":{{{Second}}},"added":{"buy_cnt":1,"pay_amount":"10.00"}}],"next":{{{next}}}}""";
        Node.Answers("GET /api/v1/trace?session=s%201&limit=50", Answer("", "null"));
        Node.Answers("GET /api/v1/trace?session=s%201&after=0.3.12.1&limit=2", Answer("Some may lack.", "\"1000.0.4.0\""));
        Node.Answers("GET /api/v1/trace.csv?session=s%201", "time,stream\r\n", type: "text/csv");

        const string Head = "time\tstream\ttopic\tparent\tchannel\tcode\tuser\tidentity\tadded\tplace";
        const string One = "1970-01-01T00:00:00.000Z\tact.visit\ta:b:7\tBEAR:3\th5\t\t5\tkey 33\tvisit_cnt=1 visit_user_cnt=1\t3/12.1";
        const string Two = "1970-01-01T00:00:01.000Z\tact.buy\ta:8\t\t\tq\t0\thash\tbuy_cnt=1 pay_amount=10.00\t0/4.0";
        (await RunAsync("trace", "s 1")).ShouldBe(new CommandRun(ExitCode.Done, Lines(Head, One, Two, "s 1: 2 events."), ""));
        (await RunAsync("trace", "s 1", "--after", "0.3.12.1", "--limit", "2")).ShouldBe(new CommandRun(
            ExitCode.Found,
            Lines(Head, One, Two, "s 1: 2 events.", "The journals of 2 Partitions were trimmed: what came before is kept nowhere.", "Some may lack."),
            Lines("dataload: there is more: --after 1000.0.4.0")));
        (await RunAsync("trace", "s 1", "--csv")).Output.ShouldBe("time,stream\r\n");
        (await RunAsync("trace")).Code.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task A_breakdown_lists_rows_of_parts_and_says_what_has_none()
    {
        Node.Answers("GET /api/v1/breakdown?page=act&type=ACTIVITY&id=7&by=parent&from=2026-11-01&to=2026-11-30&limit=50&offset=0",
            """
            {"page":"act","by":"parent","from":"2026-11-01","to":"2026-11-30","rows":[
                {"type":"ACTIVITY","id":7,"day":"2026-11-02","value":"BEAR","valueId":3,"values":{"visit_cnt":12,"share_cnt":0,"pay_amount":"1.50"}},
                {"type":"ACTIVITY","id":7,"day":"2026-11-02","value":"","valueId":0,"values":{"visit_cnt":1,"share_cnt":0,"pay_amount":"0.00"}}],
             "next":50,"why":"5 of visit_cnt have no parts."}
            """);

        CommandRun run = await RunAsync("breakdown", "act", "--topic", "ACTIVITY:7", "--by", "parent", "--from", "2026-11-01", "--to", "2026-11-30");

        run.ShouldBe(new CommandRun(
            ExitCode.Found,
            Lines("topic\tday\tparent\tvalues", "ACTIVITY:7\t2026-11-02\tBEAR:3\tvisit_cnt=12 pay_amount=1.50", "ACTIVITY:7\t2026-11-02\t\tvisit_cnt=1",
                "5 of visit_cnt have no parts."),
            "dataload: there is more: --offset 50\n"));
    }

    [Fact]
    public async Task Questions_about_people_are_tables_or_csv_and_one_that_lacks_something_makes_1()
    {
        Node.Answers("GET /api/v1/distinct?page=act&column=visit_user_cnt&from=2026-11-01&to=2026-11-30&topic=a%3A1&topic=b%3A2",
            Answer("""{"page":"act","column":"visit_user_cnt","from":"2026-11-01","to":"2026-11-30","topics":["a:1","b:2"],"value":12345,"complete":false,"why":"3 rows were adopted."}"""), type: "text/event-stream");
        Node.Answers("GET /api/v1/retention?page=act&column=visit_user_cnt&returning=buy_user_cnt&days=1%2C7&from=2026-11-25&to=2026-11-25",
            Answer("""{"page":"act","column":"visit_user_cnt","returning":"buy_user_cnt","from":"2026-11-25","to":"2026-11-25","topics":[],"after":[1,7],"days":[{"day":"2026-11-25","people":10,"returned":[4,null]}],"complete":true,"why":null}"""), type: "text/event-stream");
        Node.Answers("GET /api/v1/funnel?page=act&columns=a%2Cb",
            Answer("""{"page":"act","from":"2026-11-25","to":"2026-11-25","topics":[],"steps":[{"column":"a","people":8},{"column":"b","people":2},{"column":"c","people":1}],"complete":true,"why":null}"""), type: "text/event-stream");
        Node.Answers("GET /api/v1/funnel.csv?page=act&columns=a%2Cb", "column,people\r\na,8\r\n", type: "text/csv");

        (await RunAsync("distinct", "act", "visit_user_cnt", "--from", "2026-11-01", "--to", "2026-11-30", "--topic", "a:1", "--topic", "b:2")).ShouldBe(
            new CommandRun(ExitCode.Found, Lines("column\tfrom\tto\tdistinct", "visit_user_cnt\t2026-11-01\t2026-11-30\t12345", "3 rows were adopted."), ""));
        (await RunAsync("retention", "act", "visit_user_cnt", "--returning", "buy_user_cnt", "--days", "1,7", "--day", "2026-11-25")).ShouldBe(
            new CommandRun(ExitCode.Done, Lines("day\tvisit_user_cnt\tafter 1\tafter 7", "2026-11-25\t10\t4\t"), ""));
        (await RunAsync("funnel", "act", "a,b")).ShouldBe(new CommandRun(
            ExitCode.Done,
            Lines("column\tpeople\tof the first\tof the one before", "a\t8\t100.0 %\t100.0 %", "b\t2\t25.0 %\t25.0 %", "c\t1\t12.5 %\t50.0 %"),
            ""));
        (await RunAsync("funnel", "act", "a,b", "--csv")).Output.ShouldBe("column,people\r\na,8\r\n");
        (await RunAsync("retention", "act", "visit_user_cnt")).Error.ShouldContain("--returning");
        (await RunAsync("distinct", "act", "visit_user_cnt", "--topic", "nothing")).Error.ShouldContain("'nothing' is no topic: expected TYPE:ID");

        // What nodes tell of days that are read is passed over where nobody looks.
        static string Answer(string json) => $":\n\nevent: progress\ndata: {{\"done\":1,\"of\":2,\"counters\":64}}\n\nevent: answer\ndata: {json}\n\n";
    }

    [Theory]
    [InlineData("event: problem\ndata: {\"status\":422,\"detail\":\"The people take more than 5 bytes.\"}\n\n", "The people take more than 5 bytes.")]
    [InlineData("event: progress\ndata: {\"done\":1,\"of\":2,\"counters\":64}\n\n", "ended before it had the answer")]
    public async Task A_question_that_gets_no_answer_says_why(string stream, string sentence)
    {
        Node.Answers("GET /api/v1/funnel?page=act&columns=a%2Cb", $":\n\n{stream}", type: "text/event-stream");
        (await RunAsync("funnel", "act", "a,b")).ShouldSatisfyAllConditions(
            run => run.Code.ShouldBe(ExitCode.Failed),
            run => run.Error.ShouldContain(sentence));
    }
}
