using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using DataLoad.Host.Hocon;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Hocon;
using DataLoad.Streams.Amqp;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Commands;

/// <summary>Passwords of any characters, escaped or not, in addresses whole and broken: nothing of a password is in what is said of them.</summary>
public sealed class ConnectionSecretsTests : IDisposable
{
    private const int FixedSeed = 20_261_128;
    private const int Rounds = 500;

    // Shorter parts are anybody's.
    private const int LeastPart = 4;
    private const string Special = "#?/@:%& ;='\"\\[],+<>";

    private readonly string _folder = Directory.CreateTempSubdirectory("dataload-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<int> Seeds => new() { FixedSeed, Environment.TickCount };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_of_a_password_is_in_what_is_said_of_a_brokers_URL(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Rounds; i++)
        {
            string password = PasswordOf(random);
            bool isEscaped = random.Next(2) == 0;
            string written = isEscaped ? Uri.EscapeDataString(password) : password;
            string url = random.Next(isEscaped ? 7 : 10) switch
            {
                0 => $"amqp://user:{written}@host:5672/vhost",
                1 => $"amqps://user:{written}@[::1]:5671/%2Fa?heartbeat=5&name=n",
                2 => $"amqp://user:{written}@host,other:1/",
                3 => $"amqp://user:{written}@host/v,amqp://user:{written}@other/v",
                4 => $"amqp://us%40er:{written}@host/v%C3%A9",
                5 => $"amqp://user:{written}@host?connection_timeout=1000",
                6 => $"amqp://user:{written}@host",
                7 => $"amqp://user:{written}@@host:5672/vhost",
                8 => $"amqp:/user:{written}@host:5672/vhost",
                _ => $"amqp://user:{written}@host:port/vhost?x=y",
            };
            string what = $"seed {seed}, round {i}: {url}";
            bool parsed = AmqpConnectionSettings.TryParse(url, out AmqpConnectionSettings? settings, out string? error);
            if (isEscaped)
            {
                parsed.ShouldBeTrue($"{what}: {error}");
                settings!.Password.ShouldBe(password, what);
            }

            ShouldHoldNothingOf(password, url.Replace(written, "", StringComparison.Ordinal), SaidOf("amqp.url", url) + (error ?? settings!.ToString()), what);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_of_a_password_is_in_what_is_said_of_a_databases_connection(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Rounds; i++)
        {
            string password = PasswordOf(random);
            int shape = random.Next(14);
            string written = shape switch
            {
                < 4 => Uri.EscapeDataString(password),
                4 => $"\"{password.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
                5 => $"'{password.Replace("'", "''", StringComparison.Ordinal)}'",
                _ => password,
            };
            string text = shape switch
            {
                0 or 6 => $"postgresql://user:{written}@host:5432/db",
                1 or 7 => $"postgres://user:{written}@h1:1,h2:2/db?sslmode=require",
                2 or 8 => $"postgresql://user:{written}@[::1]/db?connect_timeout=5",
                3 => $"postgresql://host/db?user=user&password={written}",
                4 => $"Host=host;Username=user;Password={written};Port=1",
                5 => $"Host=host;Pwd = {written} ;Username=user",
                9 => $"Host=host;Username=user;Password={written};Port=1",
                10 => $"Password={written};Host=host",
                11 => $"postgresql:/user:{written}@host/db",
                12 => $"mysql://user:{written}@host/db",
                _ => $"Host=host;PSW={written};Colour=red",
            };
            string what = $"seed {seed}, round {i}: {text}";
            string harmless = text.Replace(written, "", StringComparison.Ordinal);
            string name = "";
            try
            {
                NpgsqlConnectionStringBuilder builder = PostgreSqlConnectionString.Parse(text);
                name = PostgreSqlConnectionString.NameOf(builder);
                (shape > 5 ? password : builder.Password).ShouldBe(password, what);
            }
            catch (StoreException e)
            {
                (shape > 5 ? "" : e.Message).ShouldBe("", what);
                name = e.ToString();
            }

            ShouldHoldNothingOf(password, harmless, name + SaidOf("store.connection", text), what);
        }
    }

    /// <summary>What binding says, or the listing of all settings.</summary>
    private string SaidOf(string key, string value)
    {
        string file = Path.Combine(_folder, "c.conf");
        File.WriteAllText(file, $"dataload.{key} = {Quoted(value)}");
        try
        {
            HostSettings settings = SettingsBinder.Bind(SettingsLoader.Load([file], HoconText.NoEnvironment), Catalog.Default);
            IEnumerable<string> listed = settings.FindEffective().Where(setting => setting.Path.EndsWith(key, StringComparison.Ordinal))
                .Select(setting => setting.Value);
            return settings.Engine.Amqp.ToConnectionSettings().SafeName + string.Concat(listed);
        }
        catch (HoconException e)
        {
            return e.ToString();
        }
    }

    private static void ShouldHoldNothingOf(string password, string harmless, string said, string what)
    {
        for (int i = 0; i + LeastPart <= password.Length; i++)
        {
            string part = password.Substring(i, LeastPart);
            bool isHarmless = harmless.Contains(part, StringComparison.OrdinalIgnoreCase);
            (!isHarmless && said.Contains(part, StringComparison.OrdinalIgnoreCase)).ShouldBeFalse($"{what}: '{part}' in: {said}");
        }
    }

    private static string PasswordOf(Random random)
    {
        var password = new StringBuilder();
        int length = random.Next(LeastPart, 24);
        while (password.Length < length)
        {
            Rune rune = random.Next(4) switch
            {
                0 => new Rune(Special[random.Next(Special.Length)]),
                1 => new Rune("QZJXKWVY0987"[random.Next(12)]),
                2 => new Rune((char)random.Next('q', 'z' + 1)),
                _ => new Rune(random.Next(0xA1, 0xD800)),
            };
            password.Append(rune.ToString());
        }

        return password.ToString();
    }

    private static string Quoted(string text) => $"\"{string.Concat(text.Select(character => character is '"' or '\\' ? $"\\{character}" : $"{character}"))}\"";
}
