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
