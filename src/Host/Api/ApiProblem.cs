namespace DataLoad.Host.Api;

/// <summary>Ends a request with problem details.</summary>
internal sealed class ApiProblem(int status, string detail) : Exception(detail)
{
    public int Status => status;

    /// <summary>Further members, or null.</summary>
    public IDictionary<string, object?>? Extensions { get; init; }

    public static ApiProblem Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static ApiProblem NotFound(string detail) => new(StatusCodes.Status404NotFound, detail);

    public static ApiProblem NotServing() =>
        new(StatusCodes.Status503ServiceUnavailable, "The node does not own the shards now; try again when it is ready.");
}
