using System.Globalization;
using DataLoad.Host.Hocon.Resolving;
using Microsoft.Extensions.Configuration;

namespace DataLoad.Host.Hocon;

/// <summary>Shows a resolved HOCON configuration as flat keys: <c>dataload:amqp:url</c>, items of arrays by index.</summary>
public sealed class HoconConfigurationProvider(HoconConfig config) : ConfigurationProvider
{
    /// <inheritdoc />
    public override void Load()
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Add("", config.Node, data);
        Data = data;
    }

    private static void Add(string key, HoconNode node, Dictionary<string, string?> data)
    {
        switch (node)
        {
            case HoconObjectNode o:
                foreach ((string name, HoconNode value) in o.Fields)
                {
                    Add(Join(key, name), value, data);
                }

                break;
            case HoconArrayNode array:
                for (int i = 0; i < array.Items.Count; i++)
                {
                    Add(Join(key, i.ToString(CultureInfo.InvariantCulture)), array.Items[i], data);
                }

                break;
            case HoconScalarNode scalar:
                data[key] = scalar.IsNull ? null : scalar.Text;
                break;
        }
    }

    private static string Join(string parent, string name) =>
        parent.Length == 0 ? name : parent + ConfigurationPath.KeyDelimiter + name;
}
