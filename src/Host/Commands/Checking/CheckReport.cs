using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Writes what a check finds, a line each as it is found.</summary>
/// <param name="output">Where to.</param>
internal sealed class CheckReport(TextWriter output)
{
    private const int OutcomeWidth = 9;

    /// <summary>How many problems were found.</summary>
    public int Problems { get; private set; }

    /// <summary>All is well.</summary>
    public void Ok(string subject, string text) => Write("ok", subject, text);

    /// <summary>Worth knowing; no reason against a start.</summary>
    public void Note(string subject, string text) => Write("note", subject, text);

    /// <summary>A start fails, or does not count something; the text says what is wrong and how to mend it.</summary>
    public void Problem(string subject, string text)
    {
        Problems++;
        Write("problem", subject, text);
    }

    private void Write(string outcome, string subject, string text) =>
        output.WriteLine($"{outcome.PadRight(OutcomeWidth)}{subject}: {text.ReplaceLineEndings(" ")}");
}

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
