using System.Data.Common;
using DataLoad.Engine.Counting;
using DataLoad.Engine.DeadLetters;

namespace DataLoad.Host.Api;

/// <summary>Ends a request with problem details.</summary>
internal sealed class ApiProblem(int status, string detail) : Exception(detail)
{
    public int Status => status;

    /// <summary>Further members, or null.</summary>
    public IDictionary<string, object?>? Extensions { get; init; }

    public static ApiProblem Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static ApiProblem NotFound(string detail) => new(StatusCodes.Status404NotFound, detail);

    public static ApiProblem NotServing() => new(StatusCodes.Status503ServiceUnavailable, "The node runs no Partitions now; try again when it is ready.");
}

/// <summary>Turns what goes wrong in an endpoint into problem details.</summary>
internal static class ApiErrors
{
    public static async ValueTask<object?> CatchAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (ProblemOf(e, context.HttpContext) is { } problem)
        {
            return Results.Problem(problem.Message, statusCode: problem.Status, extensions: problem.Extensions);
        }
    }

    private static ApiProblem? ProblemOf(Exception e, HttpContext context) => e switch
    {
        _ when context.Response.HasStarted || context.RequestAborted.IsCancellationRequested => null,
        ApiProblem problem => problem,
        BadHttpRequestException bad => new ApiProblem(bad.StatusCode, bad.Message),
        DeadLetterException => new ApiProblem(StatusCodes.Status503ServiceUnavailable, e.Message),
        DbException or StoreException or TimeoutException =>
            new ApiProblem(StatusCodes.Status503ServiceUnavailable, $"The store does not answer as it should: {e.Message}"),
        StoredFormatException => new ApiProblem(StatusCodes.Status500InternalServerError, e.Message),
        OperationCanceledException => new ApiProblem(StatusCodes.Status503ServiceUnavailable, "The node let go of its Partitions meanwhile; try again."),
        _ => null,
    };
}
