using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DataLoad.Host.Api;

/// <summary>Reads a request's JSON body.</summary>
internal static class ApiBody
{
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        // What a form can send without asking is text or a form, never JSON.
        if (!context.Request.HasJsonContentType())
        {
            throw new ApiProblem(StatusCodes.Status415UnsupportedMediaType, $"content-type = {context.Request.ContentType}: expected application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw ApiProblem.Bad("The body is null: expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw ApiProblem.Bad($"The body is not as expected: {e.Message}");
        }
    }
}
