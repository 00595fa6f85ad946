using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Asks whether something is meant that cannot be taken back, or that concerns many.</summary>
/// <param name="ask">Shows a question and reads the answer; null where nobody is there to answer.</param>
internal sealed class Confirmation(Func<string, string?>? ask)
{
    /// <summary>Asks on the terminal, where standard input is one. The question goes to standard error, so that it is no part of the output.</summary>
    public static Confirmation OnTerminal() => new(Console.IsInputRedirected ? null : question =>
    {
        Console.Error.Write(question);
        return Console.ReadLine();
    });

    /// <summary>Whether it is meant.</summary>
    /// <param name="what">What will be done, as in <c>Purge 12 dead letters for good</c>.</param>
    /// <param name="isSaid">Whether <c>--yes</c> was given, so that nobody is asked.</param>
    /// <exception cref="NodeException">Nobody is there to answer.</exception>
    public bool Of(string what, bool isSaid)
    {
        if (isSaid)
        {
            return true;
        }

        if (ask is null)
        {
            throw new NodeException($"{what}: this has to be confirmed, and standard input is no terminal: say --yes if it is meant. Nothing was done.");
        }

        return ask($"{what}? [y/N] ")?.Trim() is "y" or "Y" or "yes";
    }
}
