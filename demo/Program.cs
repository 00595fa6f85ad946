using System.Data.Common;
using System.Runtime.InteropServices;
using DataLoad.Demo;

DemoOptions options;
try
{
    options = DemoOptions.Parse(args);
}
catch (Exception wrong) when (wrong is ArgumentException or UriFormatException)
{
    await Console.Error.WriteLineAsync($"error: {wrong.Message}\n\n{DemoOptions.Usage}");
    return 2;
}

Interrupts.Heed();
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    if (options.Backlog > 0)
    {
        return await BacklogRun.RunAsync(options, stop.Token);
    }

    var run = new DemoRun(options);
    var exitCode = await run.RunAsync(stop.Token);
    if (exitCode == 0)
    {
        Console.WriteLine(run.Verdict);
    }

    return exitCode;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("stopped before anything was sent");
    return 130;
}
catch (Exception failure) when (failure is IncomparableException or PublishFailedException or DbException or TimeoutException or ArgumentException or IOException or RabbitMQ.Client.Exceptions.RabbitMQClientException)
{
    await Console.Error.WriteLineAsync($"error: {failure.Message}");
    return 3;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
