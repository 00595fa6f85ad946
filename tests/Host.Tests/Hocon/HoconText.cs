using DataLoad.Host.Hocon;
using Shouldly;

namespace DataLoad.Host.Tests.Hocon;

/// <summary>Short ways to say what a text reads as.</summary>
internal static class HoconText
{
    public static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>All leaves as <c>path=value</c>, in order, separated by " | ".</summary>
    public static string Flat(string text, params (string Name, string Value)[] environment) => Flat(HoconConfig.Parse(text, "t.conf", Env(environment)));

    public static string Flat(HoconConfig config) =>
        string.Join(" | ", config.Effective(static _ => false).Select(static s => s.Path + "=" + s.Value));

    public static IReadOnlyDictionary<string, string> Env(params (string Name, string Value)[] environment) =>
        environment.ToDictionary(static e => e.Name, static e => e.Value, StringComparer.Ordinal);

    public static HoconException Failure(string text, HoconLimits? limits = null) =>
        Should.Throw<HoconException>(() => HoconConfig.Parse(text, "t.conf", limits: limits));
}
