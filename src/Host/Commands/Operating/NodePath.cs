using System.Text;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Writes paths of the API, with everything escaped that came from outside.</summary>
internal static class NodePath
{
    /// <summary>What all paths begin with.</summary>
    public const string Root = "/api/v1/";

    /// <summary>A path of fixed and of given parts.</summary>
    public static string Of(params string[] parts) => Root + string.Join('/', parts.Select(Uri.EscapeDataString));

    /// <summary>A path with a query; parameters that are null are left out.</summary>
    public static string With(string path, params (string Name, object? Value)[] parameters)
    {
        var text = new StringBuilder(path);
        char separator = '?';
        foreach ((string name, object? value) in parameters)
        {
            string? shown = value switch
            {
                null or false => null,
                true => "true",
                DateOnly day => day.ToString("yyyy-MM-dd"),
                _ => Convert.ToString(value),
            };
            if (shown is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(shown));
                separator = '&';
            }
        }

        return text.ToString();
    }
}
