using DataLoad.Host.Commands;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>What one-shots say of a node, its streams and its cluster, and what they have done there.</summary>
public sealed class OneShotTests : OneShotBase
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Status_is_lines_of_name_and_value_when_piped_and_says_with_1_that_the_node_is_not_ready()
    {
        Node.Answers("GET /api/v1/status", Samples.Status);

        CommandRun run = await RunAsync("status");

        run.ShouldBe(new CommandRun(0, Lines(
            "node\thost-1-ab",
            "version\t0.1.0",
            "up\t2 h",
            "state\tdegraded",
            "today\t2026-11-24 (Asia/Shanghai)",
            "broker\tok 127.0.0.1:5672/",
            "store\tok",
            "business\tFAILS shop (no such table: orders)",
            "shards\t32 of 32",
            "memory\t1.5 MiB of 512.0 MiB, process 100.0 MiB",
            "counters\t1234",
            "damaged\t0",
            "unflushed\t0",
            "uncheckpointed\t10",
            "lag\t1234567",
            "parked\t3",
            "dead letters\t1",
            "events\t10",
            "duplicates\t1",
            "events/s\t2.0",
            "deliveries/s\t2.5",
            "Paused by request: act.share."), ""));

        Node.Answers("GET /api/v1/status", Samples.Status.Replace("\"ready\":true", "\"ready\":false", StringComparison.Ordinal));
        (await RunAsync("status")).Code.ShouldBe(ExitCode.Found);
    }

    [Fact]
    public async Task Json_is_the_answer_of_the_API_as_it_came()
    {
        Node.Answers("GET /api/v1/status", Samples.Status);

        (await RunAsync("status", "--json")).Output.ShouldBe(Samples.Status + Environment.NewLine);
    }

    [Fact]
    public async Task Streams_are_tab_separated_and_a_failing_one_makes_1()
    {
        Node.Answers("GET /api/v1/streams", $$"""{"streams":[{{Samples.Stream("act.buy", "failing")}},{{Samples.Stream("act.share", "running")}}]}""");

        CommandRun run = await RunAsync("streams");

        run.Output.ShouldBe(Lines(
            "stream\tstate\tevents/s\tdeliveries/s\tlag\tunacked\tevents\tduplicates\tretries\tparked\tdead",
            "act.buy\tfailing\t2.0\t2.5\t5\t7\t10\t1\t2\t3\t1",
            "act.share\trunning\t2.0\t2.5\t5\t7\t10\t1\t2\t3\t1",
            "act.buy: no such table."));
        run.Code.ShouldBe(ExitCode.Found);
    }

    [Fact]
    public async Task Watching_shows_as_many_pictures_as_are_asked_for()
    {
        Node.Answers("GET /api/v1/shards", """{"shards":[{"shard":3,"node":"a-1","epoch":1,"sequenceNr":12,"checkpointSequenceNr":10,"uncheckpointed":2,"phase":"serving","counters":4,"residentBytes":100,"unflushed":1,"damaged":0}]}""");

        CommandRun run = await RunAsync("shards", "--watch", "--count", "2");

        const string Head = "shard\tnode\tepoch\tsequence-nr\tbehind\tcounters\tbytes\tunflushed\tdamaged";
        const string Row = "3\ta-1\t1\t12\t2\t4\t100\t1\t0";
        run.Output.ShouldBe(Lines(Head, Row, "", Head, Row));
    }

    [Fact]
    public async Task What_changes_something_is_posted_with_the_header_that_no_form_can_send()
    {
        Node.Answers("POST /api/v1/flush", """{"done":true,"elapsedMs":12}""");
        Node.Answers("POST /api/v1/streams/act.buy/pause", Samples.Stream("act.buy", "paused"));
        Node.Answers("POST /api/v1/streams/act.buy/resume", Samples.Stream("act.buy", "failing"));

        (await RunAsync("flush")).Output.ShouldBe(Lines("Done in 12 ms."));
        (await RunAsync("pause", "act.buy")).Output.ShouldBe(Lines("act.buy is paused."));
        (await RunAsync("resume", "act.buy")).Output.ShouldBe(Lines("act.buy is consumed again."));
        Node.LastHeaders["X-DataLoad-Request"].ToString().ShouldBe("1");
    }

    [Fact]
    public async Task Tail_shows_events_and_says_how_many_it_did_not_show()
    {
        const string Event = """{"shard":3,"sequenceNr":12,"index":0,"journaledAt":1,"stream":"act.buy","type":"activity","id":7,"day":"2026-11-24","time":0,"identity":"key","facts":{"buyNum":2,"payAmount":"10.00"}}""";
        Node.Answers("GET /api/v1/tail?stream=act.buy&rate=50",
            $":\n\nevent: counted\ndata: {Event}\n\nevent: dropped\ndata: {{\"count\":5}}\n\nevent: counted\ndata: {Event}\n\n", type: "text/event-stream");

        CommandRun run = await RunAsync("tail", "--stream", "act.buy", "--count", "2");

        const string Row = "1970-01-01T00:00:00.000Z\tact.buy\tactivity:7\t2026-11-24\t3/12.0\tkey\tbuyNum=2 payAmount=10.00\t";
        run.ShouldBe(new CommandRun(0, Lines(Row, "… 5 more were not shown", Row), ""));
        (await RunAsync("tail", "--stream", "act.buy", "--json", "--count", "1")).Output.ShouldBe(Lines(Event));
    }

    [Fact]
    public async Task A_tail_that_ends_by_itself_has_failed()
    {
        Node.Answers("GET /api/v1/tail?rate=50", ":\n\n", type: "text/event-stream");

        CommandRun run = await RunAsync("tail");

        run.Code.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("The node has stopped.");
    }

    [Fact]
    public async Task Actors_are_a_line_each_and_those_that_are_not_listed_are_counted()
    {
        const string Answer = """{"path":"/user","depth":2,"children":1,"actors":[{"path":"/user","depth":0,"type":"A.Guardian","state":"running","messages":0,"children":2,"listed":1},{"path":"/user/a","depth":1,"type":"A.B+C","state":"stopping","messages":12345,"children":99951,"listed":1},{"path":"/user/a/7","depth":2,"type":null,"state":"running","messages":0,"children":3,"listed":0}]}""";
        Node.Answers("GET /api/v1/actors?depth=3&children=50", Answer);
        Node.Answers("GET /api/v1/actors?path=%2Fuser&depth=2&children=1", Answer);
        Node.Refuses("GET /api/v1/actors?path=%2Fnowhere&depth=3&children=50", 404, "path = /nowhere: no such actor.");

        CommandRun run = await RunAsync("actors", "/user", "--depth", "2", "--children", "1");

        string shown = Lines(
            "actor\ttype\tstate\tmessages\tchildren",
            "/user\tA.Guardian\trunning\t0\t2",
            "/user/a\tA.B+C\tstopping\t12345\t99951",
            "/user/a/7\t\trunning\t0\t3",
            "/user/a/… and 99,950 more\t\t\t\t",
            "/user/… and 1 more\t\t\t\t");
        run.ShouldBe(new CommandRun(0, shown, ""));
        (await RunAsync("actors", "--json")).Output.ShouldBe(Lines(Answer));
        (await RunAsync("actors", "--watch", "--count", "2")).Output.ShouldBe(shown + Environment.NewLine + shown);
        CommandRun unknown = await RunAsync("actors", "/nowhere");
        (unknown.Code, unknown.Output).ShouldBe((ExitCode.Found, ""));
        unknown.Error.ShouldContain("path = /nowhere: no such actor.");
    }

    [Fact]
    public async Task The_log_is_a_line_each_without_control_characters_and_what_was_dropped_is_said()
    {
        const string Line = """{"time":0,"level":"error","category":"DataLoad.Engine","eventId":17,"message":"it\u001b[2J\nfails","exception":"A.B: our own\r\n   at C\u0007"}""";
        Node.Answers("GET /api/v1/log/tail?level=warning&category=DataLoad&lines=5",
            $":\n\nevent: line\ndata: {Line}\n\nevent: dropped\ndata: {{\"count\":1234}}\n\nevent: line\ndata: {Line}\n\n", type: "text/event-stream");

        string[] tail = ["log", "tail", "--level", "warning", "--category", "DataLoad", "--lines", "5"];
        CommandRun run = await RunAsync([.. tail, "--count", "2"]);

        string[] shown = ["1970-01-01T00:00:00.000Z\terror\tDataLoad.Engine\t17\tit\uFFFD[2J\uFFFDfails", "    A.B: our own", "       at C\uFFFD"];
        run.ShouldBe(new CommandRun(0, Lines([.. shown, "… 1,234 lines were dropped", .. shown]), ""));
        (await RunAsync([.. tail, "--json", "--count", "2"])).ShouldBe(
            new CommandRun(0, Lines(Line, Line), Lines("dataload: … 1,234 lines were dropped")));
        CommandRun ended = await RunAsync(tail);
        (ended.Code, ended.Error).ShouldBe((ExitCode.Failed, Lines("dataload: The node has stopped.")));
    }

    [Fact]
    public async Task The_cluster_is_a_line_a_member_and_one_that_is_not_reached_makes_1()
    {
        string answer = """{"state":"degraded","reasons":["Node c-3 is no member of the cluster: it joins."],"node":"a-1","address":"akka.tcp://dataload@10.0.0.5:4053","isMember":true,"waitingFor":null,"now":1,"partitions":32,"members":[{"id":"a-1","address":"akka.tcp://dataload@10.0.0.5:4053","http":"http://10.0.0.5:8080","status":"Up","isUnreachable":false,"isSelf":true,"isLeader":true,"isOldest":true,"upSince":0,"version":"1.2","partitions":20},{"id":null,"address":"akka.tcp://dataload@10.0.0.6:4053","http":null,"status":"Leaving","isUnreachable":true,"isSelf":false,"isLeader":false,"isOldest":false,"upSince":null,"version":"1.2","partitions":0}],"others":[{"id":"c-3","address":"akka.tcp://dataload@10.0.0.7:4053","http":"","hasJoined":false}],"storeError":null}""";
        Node.Answers("GET /api/v1/cluster", answer);

        (await RunAsync("cluster", "show")).ShouldBe(new CommandRun(ExitCode.Found, Lines(
            "node\taddress\thttp\tstate\trole\tup-since\tversion\tpartitions",
            "a-1 *\takka.tcp://dataload@10.0.0.5:4053\thttp://10.0.0.5:8080\tUp\tleader, oldest\t1970-01-01T00:00:00.000Z\t1.2\t20",
            "?\takka.tcp://dataload@10.0.0.6:4053\t\tLeaving, unreachable\t\t\t1.2\t0",
            "the cluster is\tdegraded",
            "Node c-3 is no member of the cluster: it joins."), ""));
        (await RunAsync("cluster", "show", "--json")).Output.ShouldBe(Lines(answer));
        Node.Answers("GET /api/v1/cluster", """{"state":"not-ready","reasons":["The node does not serve: joining.","no store"],"node":"a-1","isMember":false,"members":[],"others":[]}""");
        (await RunAsync("cluster", "show")).Output.ShouldEndWith(Lines("the cluster is\tnot ready", "The node does not serve: joining.", "no store"));
    }

    [Theory]
    [InlineData("cluster leave", "leave", """{"address":null}""", "Have the node that is asked leave the cluster and join it anew")]
    [InlineData("cluster leave 10.0.0.6:4053", "leave", """{"address":"10.0.0.6:4053"}""", "Have 10.0.0.6:4053 leave the cluster and join it anew")]
    [InlineData("cluster down 10.0.0.6:4053", "down", """{"address":"10.0.0.6:4053"}""", "Take 10.0.0.6:4053 for dead")]
    [InlineData("cluster down-unreachable", "down-unreachable", """{"address":null}""", "Take all members for dead that cannot be reached")]
    [InlineData("cluster join 10.0.0.6:4053", "join", """{"address":"10.0.0.6:4053"}""", "Join the cluster at 10.0.0.6:4053")]
    public async Task What_changes_the_cluster_is_done_only_when_it_is_meant(string line, string action, string body, string question)
    {
        Node.Answers($"POST /api/v1/cluster/{action}", $$"""{"action":"{{action}}","addresses":["akka.tcp://dataload@10.0.0.6:4053"]}""");

        CommandRun unsaid = await RunAsync(line.Split(' '));
        unsaid.Code.ShouldBe(ExitCode.Failed);
        unsaid.Error.ShouldContain($"{question}: this has to be confirmed");
        Node.Requests.ShouldBeEmpty();
        CommandRun said = await RunAsync([.. line.Split(' '), "--yes"]);
        said.Code.ShouldBe(ExitCode.Done);
        said.Output.ShouldContain("akka.tcp://dataload@10.0.0.6:4053");
        Node.Requests.ShouldBe([$"POST /api/v1/cluster/{action} {body}"]);
    }

    [Fact]
    public async Task What_happens_in_the_cluster_is_a_line_each()
    {
        const string Up = """{"at":0,"what":"up","address":"akka.tcp://dataload@10.0.0.6:4053","id":"b-2","partition":null,"phase":null}""";
        const string Moved = """{"at":0,"what":"partition","address":null,"id":"b-2","partition":7,"phase":"serving"}""";
        Node.Answers("GET /api/v1/cluster/tail",
            $":\n\nevent: change\ndata: {Up}\n\nevent: dropped\ndata: {{\"count\":1234}}\n\nevent: change\ndata: {Moved}\n\n", type: "text/event-stream");

        (await RunAsync("cluster", "tail", "--count", "2")).ShouldBe(new CommandRun(ExitCode.Done, Lines(
            "1970-01-01T00:00:00.000Z\tup\takka.tcp://dataload@10.0.0.6:4053\tb-2",
            "… 1,234 events were dropped",
            "1970-01-01T00:00:00.000Z\tpartition\t7\tserving\tb-2"), ""));
    }

    [Fact]
    public async Task Partitions_are_a_line_each_wherever_they_are_and_one_that_does_not_serve_makes_1()
    {
        Node.Answers("GET /api/v1/partitions", """{"node":"a-1","now":1,"partitions":[{"partition":0,"node":"a-1","phase":"serving","epoch":1,"sequenceNr":12,"checkpointSequenceNr":10,"lag":2,"uncheckpointed":30,"counters":4,"residentBytes":100,"unflushed":1,"damaged":0,"since":0,"failing":null},{"partition":1,"node":null,"phase":"unknown","epoch":0,"sequenceNr":0,"checkpointSequenceNr":0,"lag":0,"uncheckpointed":0,"counters":0,"residentBytes":0,"unflushed":0,"damaged":0,"since":null,"failing":"no disk"}]}""");
        Node.Answers("GET /api/v1/partitions/stats", """{"partitions":2,"nodes":[{"node":"a-1","isSelf":true,"partitions":1,"serving":1,"counters":4,"residentBytes":100,"uncheckpointed":30},{"node":null,"isSelf":false,"partitions":1,"serving":0,"counters":0,"residentBytes":0,"uncheckpointed":0}]}""");

        (await RunAsync("partitions")).ShouldBe(new CommandRun(ExitCode.Found, Lines(
            "partition\tnode\tphase\tsequence-nr\tlag\tto-replay\tcounters\tbytes\tdamaged\tsince",
            "0\ta-1 *\tserving\t12\t2\t30\t4\t100\t0\t1970-01-01T00:00:00.000Z",
            "1\tnobody\tunknown\t0\t0\t0\t0\t0\t0\t",
            "Partition 1 fails: no disk"), ""));
        (await RunAsync("partitions", "stats")).ShouldBe(new CommandRun(ExitCode.Done, Lines(
            "node\tpartitions\tserving\tcounters\tbytes\tto-replay",
            "a-1 *\t1\t1\t4\t100\t30",
            "nobody\t1\t0\t0\t0\t0"), ""));
    }

    [Theory]
    [InlineData("status", "GET /api/v1/nodes/b%2F2/status")]
    [InlineData("streams", "GET /api/v1/nodes/b%2F2/streams")]
    [InlineData("streams act.buy", "GET /api/v1/nodes/b%2F2/streams/act.buy")]
    [InlineData("actors /user", "GET /api/v1/nodes/b%2F2/actors?path=%2Fuser&depth=3&children=50")]
    [InlineData("settings", "GET /api/v1/nodes/b%2F2/settings")]
    [InlineData("log-level", "GET /api/v1/nodes/b%2F2/log-levels")]
    [InlineData("log-level debug", """PUT /api/v1/nodes/b%2F2/log-levels {"category":null,"level":"debug"}""")]
    [InlineData("log tail", "GET /api/v1/nodes/b%2F2/log/tail?lines=20")]
    public async Task What_is_about_one_node_can_be_asked_of_another_one(string line, string request)
    {
        await RunAsync([.. line.Split(' '), "--node", "b/2"]);

        Node.Requests.ShouldBe([request]);
    }

    [Fact]
    public async Task A_node_whose_events_cannot_be_shown_is_named_beside_them()
    {
        Node.Answers("GET /api/v1/tail?rate=50", "event: away\ndata: {\"node\":\"b-2\",\"why\":\"it is\\u001b[2J gone.\"}\n\n", type: "text/event-stream");

        (await RunAsync("tail")).Error.ShouldBe(Lines("dataload: what node b-2 counts is not shown: it is\uFFFD[2J gone.", "dataload: The node has stopped."));
    }

    [Fact]
    public async Task Many_dead_letters_are_not_moved_before_it_is_said_that_it_is_meant()
    {
        Node.Answers("GET /api/v1/dead-letters?maxAge=0", """{"total":9,"at":1,"complete":true,"groups":[{"stream":"act.buy","reason":"no-row","count":4,"oldest":0,"newest":1},{"stream":"act.buy","reason":"bad-row","count":2,"oldest":0,"newest":1},{"stream":"act.off","reason":"no-row","count":3,"oldest":0,"newest":1}]}""");
        Node.Answers("POST /api/v1/dead-letters/requeue", """{"moved":5,"left":4,"skipped":1,"why":"its stream is none of the catalog"}""");
        Node.Answers("POST /api/v1/dead-letters/purge", """{"moved":9,"left":0,"skipped":0}""");

        CommandRun unsaid = await RunAsync("dead", "requeue", "--stream", "act.buy");
        unsaid.Code.ShouldBe(ExitCode.Failed);
        unsaid.Error.ShouldContain("Requeue 6 dead letters (act.buy): this has to be confirmed");
        Node.Requests.ShouldNotContain(request => request.StartsWith("POST", StringComparison.Ordinal));

        CommandRun said = await RunAsync("dead", "requeue", "--stream", "act.buy", "--yes");
        said.Code.ShouldBe(ExitCode.Found);
        said.Output.ShouldBe(Lines("5 requeued, 4 left.", "1 were not moved, the first of them for this reason: its stream is none of the catalog."));
        Node.Requests.Last().ShouldBe("""POST /api/v1/dead-letters/requeue {"stream":"act.buy","all":false}""");

        (await RunAsync("dead", "purge", "--all", "--yes")).Code.ShouldBe(ExitCode.Done);
        Node.Requests.Last().ShouldBe("""POST /api/v1/dead-letters/purge {"all":true,"confirm":9}""");
    }

    [Fact]
    public async Task One_dead_letter_is_requeued_at_once_and_purged_only_when_meant()
    {
        Node.Answers("POST /api/v1/dead-letters/requeue", """{"moved":1,"left":0,"skipped":0}""");

        (await RunAsync("dead", "requeue", Id)).Code.ShouldBe(ExitCode.Done);
        Node.Requests.Last().ShouldBe($$"""POST /api/v1/dead-letters/requeue {"ids":["{{Id}}"],"all":false}""");
        (await RunAsync("dead", "purge", Id)).Code.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task A_corrected_body_is_sent_byte_by_byte()
    {
        Node.Answers($"POST /api/v1/dead-letters/messages/{Id}/edit", """{"moved":1,"left":0,"skipped":0}""");

        (await RunAsync("dead", "edit", Id, "--body", """{"recordId":33}""")).Code.ShouldBe(ExitCode.Done);

        string body = Convert.ToBase64String("""{"recordId":33}"""u8);
        Node.Requests.Last().ShouldBe($$"""POST /api/v1/dead-letters/messages/{{Id}}/edit {"bodyBase64":"{{body}}","contentType":null}""");
    }

    [Fact]
    public async Task A_corrected_body_that_is_no_JSON_is_not_sent_before_it_is_said_that_it_is_meant()
    {
        string Letter(string type) => $$"""{"id":"{{Id}}","stream":"act.buy","reason":"unreadable","error":"e","received":0,"bytes":1,"contentType":"{{type}}","queue":null,"messageId":null,"timestamp":null,"properties":{},"headers":{},"body":null,"bodyBase64":""}""";
        Node.Answers($"POST /api/v1/dead-letters/messages/{Id}/edit", """{"moved":1,"left":0,"skipped":0}""");
        Node.Answers($"GET /api/v1/dead-letters/messages/{Id}", Letter("application/json"));
        bool Sent() => Node.Requests.Any(request => request.StartsWith("POST", StringComparison.Ordinal));

        CommandRun unsaid = await RunAsync("dead", "edit", Id, "--body", """{"recordId":33,}""");
        unsaid.Code.ShouldBe(ExitCode.Failed);
        unsaid.Error.ShouldContain("The body is no JSON (line 1, byte 16). Requeue it as it is: this has to be confirmed");
        Sent().ShouldBeFalse();

        (await RunAsync("dead", "edit", Id, "--body", "")).Error.ShouldContain("The body is no JSON (line 1, byte 1)");
        Sent().ShouldBeFalse();
        (await RunAsync("dead", "edit", Id, "--body", """{"recordId":33,}""", "--yes")).Code.ShouldBe(ExitCode.Done);
        Sent().ShouldBeTrue();
    }

    [Theory]
    [InlineData("33", "application/json")]
    [InlineData("\uFEFF{\"recordId\":33}", "application/json")]
    [InlineData("not JSON", "application/x-java-serialized-object")]
    public async Task A_corrected_body_that_is_JSON_or_need_not_be_is_sent_unasked(string body, string type)
    {
        Node.Answers($"POST /api/v1/dead-letters/messages/{Id}/edit", """{"moved":1,"left":0,"skipped":0}""");

        (await RunAsync("dead", "edit", Id, "--body", body, "--content-type", type)).Code.ShouldBe(ExitCode.Done);
    }

    [Theory]
    [InlineData("dead requeue", "Say which dead letters: ids, --stream, --reason, or --all.")]
    [InlineData("dead purge --all --stream act.buy", "--all means all")]
    [InlineData("journal", "Say --shard N or --topic TYPE:ID, one of them.")]
    [InlineData("topic activity 7 --day 2024-11-01 --to 2024-11-02", "--day is one day")]
    [InlineData("tail --rate 0", "'0' is no --rate: expected a number from 1 to 1000.")]
    [InlineData("actors --depth 17", "'17' is no --depth: expected a number from 1 to 16.")]
    [InlineData("log tail --level loud", "loud")]
    [InlineData("log tail --lines 10001", "'10001' is no --lines: expected a number from 0 to 10000.")]
    [InlineData("log-level debug --reset", "Say a level or --reset, not both.")]
    [InlineData("log-level loud", "loud")]
    [InlineData("status --address ftp://here", "'ftp://here' is no address")]
    public async Task What_contradicts_itself_is_refused_before_anything_is_asked(string line, string sentence)
    {
        CommandRun run = await CommandRun.OfAsync(line.Split(' '));

        run.Error.ShouldContain(sentence);
        run.Code.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task A_log_level_is_set_and_taken_back()
    {
        Node.Answers("PUT /api/v1/log-levels", """{"default":"information","categories":{"DataLoad.Engine":"debug"}}""");

        (await RunAsync("log-level", "debug", "--category", "DataLoad.Engine")).Output.ShouldBe(
            Lines("category\tlevel", "(default)\tinformation", "DataLoad.Engine\tdebug"));
        Node.Requests.Last().ShouldBe("""PUT /api/v1/log-levels {"category":"DataLoad.Engine","level":"debug"}""");
        await RunAsync("log-level", "--reset");
        Node.Requests.Last().ShouldBe("""PUT /api/v1/log-levels {"category":null,"level":null}""");
    }

    [Fact]
    public async Task What_a_node_sends_writes_no_control_character()
    {
        Node.Answers("GET /api/v1/settings", """{"settings":[{"path":"a","value":"x\u001b[2Jy\nz","origin":"f:1"}]}""");

        (await RunAsync("settings")).Output.ShouldBe(Lines("setting\tvalue\tfrom", "a\tx\uFFFD[2Jy\uFFFDz\tf:1"));
    }
}
