using System.Net;
using System.Net.Sockets;
using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary>A node that is not there or refuses: the sentence says what to do.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task A_node_that_is_not_there_is_named_with_what_to_do()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        CommandRun run = await CommandRun.OfAsync("status", "--address", $"http://127.0.0.1:{port}");

        run.Code.ShouldBe(ExitCode.Failed);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldStartWith($"dataload: The node at http://127.0.0.1:{port} cannot be reached (");
        run.Error.ShouldContain("--address");
    }

    [Theory]
    [InlineData(401, "asks for a token: set DATALOAD_HTTP_OPERATOR_TOKEN")]
    [InlineData(403, "does not allow this with the token that was shown: set DATALOAD_HTTP_OPERATOR_TOKEN, or DATALOAD_HTTP_ANALYST_TOKEN where that does. Why so.")]
    [InlineData(404, ": Why so.")]
    [InlineData(429, "refuses for now: Why so.")]
    [InlineData(503, ": Why so.")]
    public async Task A_refusal_is_told_with_its_remedy(int status, string sentence)
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Refuses("POST /api/v1/flush", status, "Why so.");

        CommandRun run = await CommandRun.OfAsync("flush", "--address", node.Address);

        // What is not there was looked for; the others could not be done.
        run.Code.ShouldBe(status is 404 ? ExitCode.Found : ExitCode.Failed);
        run.Error.ShouldContain(sentence);
    }

    [Fact]
    public async Task Another_server_is_not_taken_for_a_node()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Answers("GET /api/v1/shards", "<html>", type: "text/html");

        (await CommandRun.OfAsync("status", "--address", node.Address)).Error.ShouldContain("is it a DataLoad node");
        (await CommandRun.OfAsync("shards", "--address", node.Address)).Error.ShouldContain("is no node of this version");
    }

    [Fact]
    public async Task The_token_of_the_settings_is_sent_and_a_wrong_one_is_told_apart_from_none()
    {
        await using StubNode node = await StubNode.StartAsync();
        node.Refuses("GET /api/v1/status", 401, "No.");
        string file = Path.Combine(Directory.CreateTempSubdirectory("console-").FullName, "my.conf");
        await File.WriteAllTextAsync(file, $"dataload.http {{ urls = \"{node.Address}\", operator-token = a-secret-of-the-test }}");

        CommandRun run = await CommandRun.OfAsync("status", "--config", file);

        node.LastHeaders.Authorization.ToString().ShouldBe("Bearer a-secret-of-the-test");
        run.Error.ShouldContain("does not know this token");
        run.Error.ShouldNotContain("a-secret");
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public void A_token_is_no_part_of_what_is_shown_of_an_access() =>
        $"{new NodeAccess(new Uri("http://127.0.0.1:8080"), "secret", TimeSpan.Zero, TimeSpan.Zero)}".ShouldBe("http://127.0.0.1:8080");
}
