using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Connecting;

public sealed class AmqpUrlTests
{
    [Theory]
    [InlineData("amqp://h", "h:5672", "guest", "guest", "/")]
    [InlineData("amqp://u:p@h/", "h:5672", "u", "p", "/")]
    [InlineData("amqps://u:p@h/v", "h:5671", "u", "p", "v")]
    [InlineData("amqp://u:p@h:1,h-2.x:2,10.0.0.3/v", "h:1,h-2.x:2,10.0.0.3:5672", "u", "p", "v")]
    [InlineData("amqp://u:p@h:1/v,amqp://u:p@k:2/v", "h:1,k:2", "u", "p", "v")]
    [InlineData("amqp://u:p@h:1/v,amqps://k,l:9", "h:1,k:5671,l:9", "u", "p", "v")]
    [InlineData("amqp://u%40x:%23%2F%3F%3A%40%25%2C%20ü@[::1]:5673/%2Fa%2Fb", "[::1]:5673", "u@x", "#/?:@%, ü", "/a/b")]
    [InlineData("amqp://u:@h/%2F", "h:5672", "u", "", "/")]
    public void A_list_names_hosts_user_password_and_vhost(string urls, string endpoints, string user, string password, string vhost)
    {
        AmqpConnectionSettings settings = AmqpConnectionSettings.Parse(urls);

        string.Join(",", settings.Endpoints).ShouldBe(endpoints);
        (settings.UserName, settings.Password, settings.VirtualHost).ShouldBe((user, password, vhost));
        settings.Endpoints[0].IsTls.ShouldBe(urls.StartsWith("amqps", StringComparison.Ordinal));
    }

    [Fact]
    public void Parameters_set_what_they_name()
    {
        AmqpConnectionSettings settings = AmqpConnectionSettings.Parse(
            "amqps://h/v?heartbeat=5&connection_timeout=2500&frame_max=8192&name=a%20b&cacertfile=/ca.pem&certfile=/c.pem&keyfile=/k.pem&server_name_indication=x.y");

        (settings.Heartbeat.TotalSeconds, settings.ConnectTimeout.TotalMilliseconds, settings.MaxFrameBytes, settings.Name).ShouldBe((5, 2500, 8192, "a b"));
        settings.Tls.ShouldBe(new AmqpTlsSettings { CaFile = "/ca.pem", CertificateFile = "/c.pem", KeyFile = "/k.pem", ServerName = "x.y" });
    }

    [Theory]
    [InlineData("http://h", "neither amqp:// nor amqps://")]
    [InlineData("", "neither amqp:// nor amqps://")]
    [InlineData("amqp://guest:12#34@h", "'#' is to be written as %23")]
    [InlineData("amqp://guest:12/34@h", "'/' is to be written as %2F")]
    [InlineData("amqp://guest:12?34@h", "'?' is to be written as %3F")]
    [InlineData("amqp://guest:12@34@h", "'@' is to be written as %40")]
    [InlineData("amqp://guest:12:34@h", "':' is to be written as %3A")]
    [InlineData("amqp://guest:12,34@h", "',' is to be written as %2C")]
    [InlineData("amqp://guest:12 34@h", "'space' is to be written as %20")]
    [InlineData("amqp://guest:12%34%4@h", "written as %25")]
    [InlineData("amqp://guest:%FF@h", "no UTF-8")]
    [InlineData("amqp://guest@h", "no user:password")]
    [InlineData("amqp://u:p@h/a/b", "in the vhost, '/' is to be written as %2F")]
    [InlineData("amqp://u:p@h/a#b", "'#' is to be written as %23")]
    [InlineData("amqp://u:p@h:0", "port of host 1")]
    [InlineData("amqp://u:p@h:70000", "port of host 1")]
    [InlineData("amqp://u:p@h,:5", "host 2 is empty")]
    [InlineData("amqp://u:p@::1/", "host 1 is empty")]
    [InlineData("amqp://u:p@[::1/", "no IPv6 address")]
    [InlineData("amqp://u:p@h/?heartbeat=5&verify=verify_none", "always verified")]
    [InlineData("amqp://u:p@h/?heart_beat=5", "'heart_beat' is not known; known are heartbeat")]
    [InlineData("amqp://u:p@h/?heartbeat=5&heartbeat=6", "'heartbeat' stands twice")]
    [InlineData("amqp://u:p@h/?heartbeat=-5", "'heartbeat' is no whole number")]
    [InlineData("amqp://u:p@h/?heartbeat=0", "Heartbeat is 00:00:00; expected 1 s")]
    [InlineData("amqp://u:p@h/?frame_max=100", "MaxFrameBytes is 100; expected 4096")]
    [InlineData("amqp://u:p@h/?x", "no '='")]
    [InlineData("amqp://u:p@h/a,amqp://u:p@k/b", "different vhosts")]
    [InlineData("amqp://u:p@h/a,amqp://u:q@k/a", "different passwords")]
    public void What_is_wrong_is_named_with_what_to_write(string urls, string error)
    {
        AmqpConnectionSettings.TryParse(urls, out _, out string? said).ShouldBeFalse();
        said.ShouldContain(error);
        Should.Throw<FormatException>(() => AmqpConnectionSettings.Parse(urls)).Message.ShouldBe(said);
    }

    [Fact]
    public void No_part_of_a_password_is_in_any_text_whatever_the_shape_of_the_URL()
    {
        const string alphabet = "QZJXKWV0#%,/:?@ []&=é\u0001";
        var random = new Random(20_261_126);
        for (int i = 0; i < 50_000; i++)
        {
            string password = new([.. Enumerable.Range(0, random.Next(3, 12)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            string urls = random.Next(6) switch
            {
                0 => $"amqp://user:{password}@host:5672/vhost",
                1 => $"amqp://user:{password}@host,other/vhost?heartbeat=5",
                2 => $"amqp://user:{password}",
                3 => $"amqps://user:{password}@host/vhost?nothing={random.Next(5)}",
                4 => $"amqp://a:b@host/vhost,amqp://user:{password}@host/vhost",
                _ => $"amqp://user:{password}@host:{random.Next(-1, 2)}",
            };
            bool parsed = AmqpConnectionSettings.TryParse(urls, out AmqpConnectionSettings? settings, out string? error);
            string[] parts = password.Split(['#', '%', ',', '/', ':', '?', '@', ' ', '[', ']', '&', '='], StringSplitOptions.RemoveEmptyEntries);
            string said = error ?? settings!.ToString();
            foreach (string part in parts.Where(part => part.Length >= 3))
            {
                // Where a URL says so, a password's part is host and vhost: then it is told as one, where it parses.
                if (!parsed || settings!.Password.Contains(part, StringComparison.Ordinal))
                {
                    said.Contains(part, StringComparison.Ordinal).ShouldBeFalse($"{urls}: {said}");
                }
            }
        }
    }

    [Fact]
    public void An_escaped_password_is_read_whatever_it_holds()
    {
        var random = new Random(20_261_127);
        for (int i = 0; i < 5_000; i++)
        {
            string password = new([.. Enumerable.Range(0, random.Next(0, 20)).Select(_ => (char)random.Next(1, 0x2000))]);
            AmqpConnectionSettings settings = AmqpConnectionSettings.Parse(
                $"amqp://{Uri.EscapeDataString(password + "u")}:{Uri.EscapeDataString(password)}@h/{Uri.EscapeDataString(password + "v")}");

            (settings.UserName, settings.Password, settings.VirtualHost).ShouldBe((password + "u", password, password + "v"));
        }
    }
}
