using System.CommandLine;
using DataLoad.Engine.Contract;
using DataLoad.Host.Hocon;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands;

/// <summary>The option <c>--config</c>, which all commands have.</summary>
internal static class ConfigOption
{
    public static Option<FileInfo[]> Create() => new("--config", "-c")
    {
        Description = "A HOCON file with settings that differ from the defaults; may be given several times, the last one counts most.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <exception cref="HoconException">A file is missing or wrong.</exception>
    public static HostSettings Load(FileInfo[]? files) =>
        SettingsBinder.Bind(SettingsLoader.Load([.. (files ?? []).Select(file => file.FullName)], HoconEnvironment.OfThisProcess()), Catalog.Default);
}
