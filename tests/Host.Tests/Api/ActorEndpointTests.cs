using System.Net;
using DataLoad.Host.Tests.Access;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Api;

public sealed class ActorEndpointTests
{
    [Theory]
    [InlineData("", HttpStatusCode.ServiceUnavailable, "No actor system runs on the node now")]
    [InlineData("?path=user", HttpStatusCode.BadRequest, "path = user: expected the path of an actor")]
    [InlineData("?depth=0", HttpStatusCode.BadRequest, "expected a whole number from 1 to 16")]
    [InlineData("?children=1001", HttpStatusCode.BadRequest, "expected a whole number from 1 to 1000")]
    public async Task What_cannot_be_answered_is_said_in_a_sentence(string query, HttpStatusCode status, string sentence)
    {
        await using TestNode node = await TestNode.StartAsync();

        using HttpResponseMessage answer = await node.SendAsync("GET", $"/api/v1/actors{query}");

        answer.StatusCode.ShouldBe(status);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(sentence);
    }
}
