using DataLoad.Host.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hocon;

public sealed class HoconListingTests
{
    [Fact]
    public void The_listing_names_every_leaf_its_value_and_its_origin()
    {
        HoconConfig config = HoconConfig.Parse("a { b = 1, l = [x, {y = 2}] }\ne = ${E}\no {}\nn = null", "t.conf", HoconText.Env(("E", "env")));

        config.Effective().Select(static s => $"{s.Path}={s.Value} ({s.Origin})").ShouldBe(
        [
            "a.b=1 (t.conf:1)",
            "a.l[0]=x (t.conf:1)",
            "a.l[1].y=2 (t.conf:1)",
            "e=env (environment variable E)",
            "o={} (t.conf:3)",
            "n=null (t.conf:4)",
        ]);
    }

    [Fact]
    public void Secrets_are_masked_by_key_and_inside_urls_and_connection_strings()
    {
        HoconConfig config = HoconConfig.Parse("""
            db.password = hunter2
            api-token = [t1, t2]
            client-secret { id = x }
            url = "amqp://guest:p@ss:w@host:5672/"
            urls = ["amqp://a:b@one/", "amqp://two/x@y", "amqp://a:b/c@three/"]
            dsn = "Host=h;Username=u;Password=hunter2;Port=5"
            quoted = "Host=h;Password='a;b''c=d';SSL Password=e&f g;Port=5"
            spaced = "amqp://a:b c@host/"
            split = "Host=h;PSW=ab;cd?=;Port=5"
            plain = "a:b@c"
            """);

        HoconText.Flat(config).ShouldContain("hunter2", Case.Sensitive, "a predicate that masks nothing leaves values by key");
        config.Effective().Select(static s => s.Path + "=" + s.Value).ShouldBe(
        [
            "db.password=***",
            "api-token[0]=***",
            "api-token[1]=***",
            "client-secret.id=***",
            "url=amqp://guest:***@host:5672/",
            "urls[0]=amqp://a:***@one/",
            "urls[1]=amqp://two/x@y",
            "urls[2]=amqp://a:***@three/",
            "dsn=Host=h;Username=u;Password=***;Port=5",
            "quoted=Host=h;Password=***;SSL Password=***;Port=5",
            "spaced=amqp://a:***@host/",
            "split=Host=h;PSW=***;Port=5",
            "plain=a:b@c",
        ]);
        config.Effective(static path => path.EndsWith("plain", StringComparison.Ordinal))[^1].Value.ShouldBe("***");
    }

    [Fact]
    public void A_secret_that_is_not_set_is_told_apart_from_one_that_is()
    {
        HoconConfig config = HoconConfig.Parse("operator-token = \"\"\nreader-token = null\nanalyst-token = x\nname = \"\"\nold-token = ${?NOT_SET}\ntokens = [\"\", y]");

        config.Effective().Select(static s => s.Path + "=" + s.Value).ShouldBe(
            ["operator-token=(none)", "reader-token=(none)", "analyst-token=***", "name=", "tokens[0]=(none)", "tokens[1]=***"]);
    }

    [Fact]
    public void The_environment_of_this_process_can_be_handed_over() =>
        HoconEnvironment.OfThisProcess()["PATH"].ShouldBe(Environment.GetEnvironmentVariable("PATH"));
}
