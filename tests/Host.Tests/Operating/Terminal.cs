using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating;
using Spectre.Console;

namespace DataLoad.Host.Tests.Operating;

/// <summary>What a person sees on a terminal of a width.</summary>
internal static class Terminal
{
    /// <summary>All that is shown.</summary>
    public static string Show(Action<Display> add, int width = 60, TableShape? shape = null, BusinessClock? clock = null, bool colours = false)
    {
        var output = new StringWriter { NewLine = "\n" };
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        terminal.Profile.Width = width;
        terminal.Profile.Capabilities.Unicode = true;
        var display = new Display(TextWriter.Null, terminal, shape ?? TableShape.Usual) { Clock = clock ?? BusinessClock.Unknown };
        add(display);
        display.Show();
        return output.ToString();
    }

    /// <summary>The lines that are not blank, without blanks at their ends.</summary>
    public static string[] Lines(Action<Display> add, int width = 60, TableShape? shape = null, BusinessClock? clock = null) =>
        [.. Show(add, width, shape, clock).Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
}
