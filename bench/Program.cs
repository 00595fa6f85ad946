using BenchmarkDotNet.Running;
using DataLoad.Bench.Drain;

// `drain …` measures a running host; everything else is BenchmarkDotNet's.
if (args is ["drain", .. string[] rest])
{
    return await DrainWatch.RunAsync(rest).ConfigureAwait(false);
}

BenchmarkSwitcher.FromAssembly(typeof(DrainWatch).Assembly).Run(args);
return 0;
