using Microsoft.Extensions.Configuration;

namespace DataLoad.Host.Hocon;

/// <summary>Adds HOCON to a configuration.</summary>
public static class HoconConfigurationExtensions
{
    /// <summary>Adds <paramref name="config"/> over what <paramref name="builder"/> has so far.</summary>
    public static IConfigurationBuilder AddHocon(this IConfigurationBuilder builder, HoconConfig config) =>
        builder.Add(new HoconConfigurationSource(config));
}
