namespace DataLoad.Host.Api;

/// <summary>Runs a request that lasts until its caller goes or the node stops, one of a bounded number.</summary>
internal static class Watch
{
    public static async Task<IResult> RunAsync(ApiServices services, HttpContext context, Func<EventStream, CancellationToken, Task> work)
    {
        if (!await services.Watchers.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            throw new ApiProblem(StatusCodes.Status429TooManyRequests,
                $"{services.Settings.Http.MaxWatchers} watch already: end one, or raise dataload.http.max-watchers.");
        }

        try
        {
            CancellationToken stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            var stream = new EventStream(context);
            try
            {
                await stream.StartAsync(ends.Token);
                await work(stream, ends.Token);
            }
            catch (OperationCanceledException) when (ends.IsCancellationRequested)
            {
                // Nobody watches any more.
            }
        }
        finally
        {
            services.Watchers.Release();
        }

        return Results.Empty;
    }
}
