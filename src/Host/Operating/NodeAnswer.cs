using System.Text;
using System.Text.Json;

namespace DataLoad.Host.Operating;

/// <summary>What a node answered: JSON, as it came.</summary>
/// <param name="node">The node, for messages.</param>
/// <param name="json">The JSON in UTF-8.</param>
internal sealed class NodeAnswer(string node, byte[] json)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>The JSON as it came.</summary>
    public string Json => Encoding.UTF8.GetString(json);

    /// <summary>Reads it as a shape of the API; members that the shape does not name are passed over.</summary>
    /// <exception cref="NodeException">It is something else.</exception>
    public T As<T>()
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new NodeException($"The node at {node} answered with null.");
        }
        catch (JsonException e)
        {
            throw new NodeException($"What answers at {node} is no node of this version: {e.Message}");
        }
    }
}
