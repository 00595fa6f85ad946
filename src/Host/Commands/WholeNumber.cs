using System.CommandLine;
using System.Globalization;

namespace DataLoad.Host.Commands;

/// <summary>Options that are whole numbers within a range.</summary>
internal static class WholeNumber
{
    public static Option<int> Option(string name, string helpName, string description, int min, int max, int standard) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max)
            {
                return number;
            }

            result.AddError($"'{text}' is no {name}: expected a number from {min} to {max}.");
            return standard;
        },
    };
}
