using System.CommandLine;
using DataLoad.Host.Commands.Operating.DeadLetters;

namespace DataLoad.Host.Commands.Operating;

/// <summary>The commands that ask a running node, on the command line and in the console.</summary>
internal static class OperatingCommands
{
    /// <summary>Makes them all.</summary>
    public static Command[] Create(OperatingContext context) =>
    [
        StatusCommand.Create(context),
        StreamsCommand.Create(context),
        ShardsCommand.Create(context),
        NodesCommand.Create(context),
        CountersCommand.Create(context),
        TopicCommand.Create(context),
        TailCommand.Create(context),
        DeadCommand.Create(context),
        JournalCommand.Create(context),
        PauseCommand.CreatePause(context),
        PauseCommand.CreateResume(context),
        MaintenanceCommand.CreateFlush(context),
        MaintenanceCommand.CreateCheckpoint(context),
        SettingsCommand.Create(context),
        LogLevelCommand.Create(context),
        AuditCommand.Create(context),
    ];
}
