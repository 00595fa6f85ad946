using Microsoft.Extensions.Configuration;

namespace DataLoad.Host.Hocon;

/// <summary>A resolved HOCON configuration as a source of <see cref="IConfiguration"/>.</summary>
public sealed class HoconConfigurationSource(HoconConfig config) : IConfigurationSource
{
    /// <inheritdoc />
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new HoconConfigurationProvider(config);
}
