using System.CommandLine;
using DataLoad.Host.Commands;

Option<FileInfo[]> config = ConfigOption.Create();
var root = new RootCommand("DataLoad turns business events from RabbitMQ into exact, live statistics per topic and day.")
{
    ServeCommand.Create(config),
};

// An orderly stop takes up to ten seconds; the library would end the process after two.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) }).ConfigureAwait(false);
