using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Looks at where HTTP would answer, and whether it may.</summary>
internal sealed class HttpCheck(CheckReport report, HttpSettings settings)
{
    public void Run()
    {
        string urls = string.Join(';', settings.Urls);
        if (settings.Refusal is { } refusal)
        {
            report.Problem("http", refusal);
        }
        else if (settings.Urls.Count == 0)
        {
            report.Note("http", "answers nowhere: there is no health, no console and no dashboard. Set dataload.http.urls for them.");
        }
        else if (settings.IsLoopbackOnly)
        {
            report.Ok("http", $"answers at {urls}, to this machine alone, {(settings.HasTokens ? "with a token" : "without a token")}.");
        }
        else
        {
            report.Ok("http", $"answers at {urls}, beyond this machine, with a token.");
            if (settings.Urls.Any(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)))
            {
                report.Note("http", "tokens go over plain HTTP: keep it on a private network, or put TLS in front.");
            }
        }
    }
}
