using BenchmarkDotNet.Running;
using DataLoad.Bench.Breakdowns;
using DataLoad.Bench.Cluster;
using DataLoad.Bench.Core;
using DataLoad.Bench.Drain;
using DataLoad.Bench.Freshness;
using DataLoad.Bench.Growth;
using DataLoad.Bench.Questions;
using DataLoad.Bench.Recovery;
using DataLoad.Bench.Reporting;
using DataLoad.Bench.Sets;

// The drains' contenders are processes of their own; everything that is none of ours is BenchmarkDotNet's.
switch (args)
{
    case ["drain", .. string[] rest]:
        return await DrainBench.RunAsync(DrainOptions.Parse(rest));
    case ["acknowledge", string amqp, string queues]:
        await AcknowledgingConsumer.RunAsync(amqp, QueueLengths.Parse(queues));
        return 0;
    case ["handwritten", string amqp, string queues, string database]:
        await HandwrittenConsumer.RunAsync(amqp, QueueLengths.Parse(queues), database);
        return 0;
    case ["core", .. string[] rest]:
        return await CoreBench.RunAsync(new BenchArguments(rest));
    case ["sets", .. string[] rest]:
        return SetsBench.Run(new BenchArguments(rest));
    case ["recovery", .. string[] rest]:
        return await RecoveryBench.RunAsync(new BenchArguments(rest));
    case ["freshness", .. string[] rest]:
        return await FreshnessBench.RunAsync(new BenchArguments(rest));
    case ["growth", .. string[] rest]:
        return await GrowthBench.RunAsync(new BenchArguments(rest));
    case ["questions", .. string[] rest]:
        return await QuestionsBench.RunAsync(new BenchArguments(rest));
    case ["breakdowns", .. string[] rest]:
        return await BreakdownsBench.RunAsync(new BenchArguments(rest));
    case ["trace", .. string[] rest]:
        return await TraceBench.RunAsync(new BenchArguments(rest));
    case ["cluster", .. string[] rest]:
        return await ClusterBench.RunAsync(new BenchArguments(rest));
    default:
        BenchmarkSwitcher.FromAssembly(typeof(DrainBench).Assembly).Run(args);
        return 0;
}
