using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Requests that no client of ours would send: answered with what is wrong, or cut off, and nothing else happens.</summary>
public sealed class HostileHttpTests
{
    private static readonly string[] Targets =
    [
        "/", "/metrics?x=%00%ff%", "/metrics?" + new string('a', 4_000), "/health/ready?stream=" + new string('%', 99), "/health/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd", "/admin/rebuild?page=act", "/admin/rebuild/../rebuild", "//admin//rebuild", "/metrics/%C0%AE", "/\u4e2d", "*",
    ];

    private static readonly string[] Bodies =
    [
        "", "null", "[]", "{", "\"x\"", "{}{}", "{\"page\":1}", "{\"page\":{}}", "{\"topicId\":1e99}", "{\"topicId\":99999999999}",
        "{\"from\":\"2024-13-45\"}", "{\"from\":20241101}", "{\"from\":\"2024-11-30\",\"to\":\"2024-11-01\"}",
        "{\"page\":\"act'; DROP TABLE data_load_act_date; --\"}",
        "{\"page\":\"\\u0000\"}", "{\"page\":\"\\ud800\"}", "{\"page\":\"" + new string('p', 100_000) + "\"}",
        new string('[', 100_000), string.Concat(Enumerable.Repeat("{\"page\":", 50_000)), new string(' ', 1_100_000), "{\"page\":\"nothing\"}",
    ];

    [Fact]
    public Task Hostile_requests_are_refused_and_leave_the_node_as_it_was() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        var secret = (await SqliteFileOf.QueryAsync(scenario.StoreFile, "SELECT secret FROM dataload_node", reader => reader.GetString(0))).Single();
        foreach (var body in Bodies)
        {
            // With the secret, what is wrong is named; without it, nothing is told but that.
            var (status, text) = await PostAsync(host, secret, body);
            ((int)status).ShouldBeInRange(400, 499, $"{Shown(body)}: {text}");
            text.Length.ShouldBeLessThan(4_000, Shown(body));
            ((int)(await PostAsync(host, "wrong" + secret, body)).Status).ShouldBeInRange(400, 499, Shown(body));
            ((int)(await PostAsync(host, "", body)).Status).ShouldBeInRange(400, 499, Shown(body));
        }

        var random = new Random(61);
        foreach (var target in Targets)
        {
            foreach (var method in (string[])["GET", "POST", "DELETE", "TRACE", "NONSENSE"])
            {
                ShouldBeRefused(await AskAsync(host.Http,
                    Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")));
            }
        }

        var request = Encoding.ASCII.GetBytes($"POST /admin/rebuild HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer 0\r\nConnection: close\r\nContent-Length: 13\r\n\r\n{{\"topicId\":1}}");
        for (var i = 0; i < 300; i++)
        {
            ShouldBeRefused(await AskAsync(host.Http, ByteMutator.MutateSome(request, random, "\r\n :/%{}\"0"u8)));
        }

        (await host.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
        (await host.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK);
        host.Log.Split('\n').ShouldAllBe(line => !line.Contains(" fail: ", StringComparison.Ordinal) && !line.Contains(" crit: ", StringComparison.Ordinal));
        host.Log.ShouldNotContain(secret);
    });

    [Fact]
    public Task A_request_takes_memory_for_what_it_sends_whatever_it_claims() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        const long YoungGeneration = 64 * 1024 * 1024;
        var host = await scenario.StartHostAsync();
        foreach (var path in (string[])["/admin/rebuild", "/api/v1/streams/act.share/pause", "/api/v1/dead-letters/purge"])
        {
            await AskAsync(host.Http, Claiming(path, "Content-Length: 13", "{\"topicId\":1}"));
        }

        var before = host.PeakMemoryBytes;
        foreach (var path in (string[])["/admin/rebuild", "/api/v1/streams/act.share/pause", "/api/v1/dead-letters/purge"])
        {
            foreach (var claim in (string[])["Content-Length: 2147483647", "Content-Length: 9223372036854775807", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked"])
            {
                for (var i = 0; i < 20; i++)
                {
                    ShouldBeRefused(await AskAsync(host.Http, Claiming(path, claim, "7FFFFFFF\r\n{\"page\":\"act\"")));
                }
            }
        }

        // What is claimed is 400 GiB in all; the heap may grow by its young generation, whatever for.
        (host.PeakMemoryBytes - before).ShouldBeLessThan(2 * YoungGeneration);
        (await host.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);

        static byte[] Claiming(string path, string claim, string body) => Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n{claim}\r\n\r\n{body}");
    });

    private static async Task<(HttpStatusCode Status, string Text)> PostAsync(HostProcess host, string secret, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Http, "/admin/rebuild"));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {secret}");

        // Who is refused by the head alone does not send the rest into a connection that is closed by then.
        request.Headers.ExpectContinue = true;
        using var answer = await host.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Sends bytes and returns the answer's status; 0 where there was none.</summary>
    private static async Task<int> AskAsync(Uri address, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        try
        {
            var stream = client.GetStream();
            await stream.WriteAsync(bytes);
            client.Client.Shutdown(SocketShutdown.Send);
            using var patience = new CancellationTokenSource(Deadline.Usual);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var line = await reader.ReadLineAsync(patience.Token);
            return line?.Split(' ') is ["HTTP/1.1", var status, ..] ? int.Parse(status, System.Globalization.CultureInfo.InvariantCulture) : 0;
        }
        catch (IOException)
        {
            // Cut off.
            return 0;
        }
    }

    // 501 and 505 name a method or version that is not known, 503 is the answer of readiness.
    private static void ShouldBeRefused(int status) => (status is < 500 or 501 or 503 or 505).ShouldBeTrue($"{status}");

    private static string Shown(string body) => body.Length <= 60 ? body : $"{body[..60]}… ({body.Length})";
}
