using BenchmarkDotNet.Running;
using DataLoad.Bench.Core;
using DataLoad.Bench.Drain;
using DataLoad.Bench.Freshness;
using DataLoad.Bench.Growth;
using DataLoad.Bench.Recovery;
using DataLoad.Bench.Reporting;
using DataLoad.Bench.Sets;

// The drains' contenders are processes of their own; everything that is none of ours is BenchmarkDotNet's.
switch (args)
{
    case ["drain", .. string[] rest]:
        return await DrainBench.RunAsync(DrainOptions.Parse(rest)).ConfigureAwait(false);
    case ["acknowledge", string amqp, string queues]:
        await AcknowledgingConsumer.RunAsync(amqp, QueueLengths.Parse(queues)).ConfigureAwait(false);
        return 0;
    case ["handwritten", string amqp, string queues, string database]:
        await HandwrittenConsumer.RunAsync(amqp, QueueLengths.Parse(queues), database).ConfigureAwait(false);
        return 0;
    case ["core", .. string[] rest]:
        return await CoreBench.RunAsync(new BenchArguments(rest)).ConfigureAwait(false);
    case ["sets", .. string[] rest]:
        return SetsBench.Run(new BenchArguments(rest));
    case ["recovery", .. string[] rest]:
        return await RecoveryBench.RunAsync(new BenchArguments(rest)).ConfigureAwait(false);
    case ["freshness", .. string[] rest]:
        return await FreshnessBench.RunAsync(new BenchArguments(rest)).ConfigureAwait(false);
    case ["growth", .. string[] rest]:
        return await GrowthBench.RunAsync(new BenchArguments(rest)).ConfigureAwait(false);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(DrainBench).Assembly).Run(args);
        return 0;
}
