namespace DataLoad.Integration.Tests.BadDays;

/// <summary>How long bad days last: some seconds in every run of the tests, and as long as outside by <c>scripts/nightly</c>.</summary>
internal static class Lengths
{
    /// <summary>Whether this is the run of the night.</summary>
    public static bool AreNightly { get; } = string.Equals(Environment.GetEnvironmentVariable("DATALOAD_TEST_NIGHTLY"), "1", StringComparison.Ordinal);

    /// <summary>How long events come in at a steady rate.</summary>
    public static TimeSpan Steady => AreNightly ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(30);

    /// <summary>How long the store is away.</summary>
    public static TimeSpan Outage => AreNightly ? TimeSpan.FromMinutes(2) : TimeSpan.FromSeconds(15);

    /// <summary>How often a process is killed.</summary>
    public static int Kills => AreNightly ? 30 : 3;

    /// <summary>How often a node of two is killed while it is looked how long the other one takes.</summary>
    public static int Takeovers => AreNightly ? 20 : 2;

    /// <summary>How long nodes have all they can do.</summary>
    public static TimeSpan Busy => AreNightly ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(10);

    /// <summary>How long a Partition may serve nowhere while its node stops in order; longer where other tests run beside.</summary>
    public static TimeSpan LongestHandOff => AreNightly ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(6);

    /// <summary>How many dead letters have piled up.</summary>
    public static int DeadLetters => AreNightly ? 100_000 : 10_000;

    /// <summary>Whether the start is so long past that memory and CPU say something of what comes after it: for a minute or two most CPU is the compiler's.</summary>
    public static bool AreSettled => AreNightly;
}
