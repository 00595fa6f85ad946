using System.CommandLine.Parsing;

namespace DataLoad.Host.Commands.Operating;

/// <summary>The options of commands whose answer there is as CSV too.</summary>
/// <param name="description">What is printed.</param>
internal sealed class CsvOptions(string description)
{
    private readonly Option<bool> _csv = new("--csv") { Description = description };
    private readonly Option<bool> _bom = new("--bom") { Description = "With --csv: begins with a byte-order mark, which Excel needs to read UTF-8." };

    public Symbol[] Symbols => [_csv, _bom];

    /// <summary>Whether CSV is asked for.</summary>
    public bool IsOn(Operation run) => run.Get(_csv);

    /// <summary>Whether CSV is asked for.</summary>
    public bool IsNamed(CommandResult result) => result.GetResult(_csv) is not null;

    /// <summary>Refuses what contradicts itself.</summary>
    public string? Check(CommandResult result) =>
        result.GetResult(_bom) is not null && !IsNamed(result) ? "--bom is for CSV: say --csv --bom." : null;

    /// <summary>Prints the node's CSV as it comes.</summary>
    public async Task WriteAsync(Operation run, string resource, params (string Name, object? Value)[] question)
    {
        string path = NodePath.With(NodePath.Of($"{resource}.csv"), [.. question, ("bom", run.Get(_bom))]);
        await run.Output.WriteAsync((await run.Node.GetAsync(path, run.Token)).Json);
    }
}
