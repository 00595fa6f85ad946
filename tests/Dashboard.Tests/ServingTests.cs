using System.IO.Compression;
using System.Net;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Host.Dashboard;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

public sealed class ServingTests
{
    [Fact]
    public void The_dashboard_is_part_of_the_program() =>
        new DashboardFiles().IsBuilt.ShouldBeTrue("src/Dashboard was not bundled: run scripts/install.sh nodejs npm, and build again");

    [Fact]
    public async Task Files_with_a_hash_are_kept_for_good_and_the_page_is_asked_for_again()
    {
        await using StubNode node = await StubNode.StartAsync(withTokens: true);
        using var http = new HttpClient(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.Brotli }) { BaseAddress = node.Address };

        using HttpResponseMessage page = await http.GetAsync("/topics");
        string text = await page.Content.ReadAsStringAsync();
        page.Headers.CacheControl!.ToString().ShouldBe("no-cache");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("script-src 'self'");
        text.ShouldNotContain("<style");
        text.ShouldNotContain("<script>");

        string[] names = [.. text.Split('"').Where(part => part.StartsWith("/assets/", StringComparison.Ordinal))];
        names.Length.ShouldBe(4);
        foreach (string name in names)
        {
            using HttpResponseMessage file = await http.GetAsync(name);
            file.StatusCode.ShouldBe(HttpStatusCode.OK);
            file.Headers.CacheControl!.ToString().ShouldBe("public, max-age=31536000, immutable");

            using var again = new HttpRequestMessage(HttpMethod.Get, name);
            again.Headers.IfNoneMatch.Add(file.Headers.ETag!);
            using HttpResponseMessage same = await http.SendAsync(again);
            same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }
    }

    [Fact]
    public async Task A_file_of_another_version_is_refused_with_a_remedy()
    {
        await using StubNode node = await StubNode.StartAsync();
        using var http = new HttpClient { BaseAddress = node.Address };
        using HttpResponseMessage answer = await http.GetAsync("/assets/main-OLD.js");
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("load the page again");
    }

    [Fact]
    public async Task Each_answer_is_what_the_client_can_read()
    {
        await using StubNode node = await StubNode.StartAsync();
        using var http = new HttpClient { BaseAddress = node.Address };
        byte[] plain = await http.GetByteArrayAsync("/");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept-Encoding", "br");
        using HttpResponseMessage packed = await http.SendAsync(request);
        packed.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        await using var unpacked = new BrotliStream(await packed.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        var bytes = new MemoryStream();
        await unpacked.CopyToAsync(bytes);
        bytes.ToArray().ShouldBe(plain);
    }
}
