using DataLoad.Host.Commands;

// An orderly stop takes up to ten seconds; the library would end the process after two.
return await CommandLine.RunAsync(args, new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
