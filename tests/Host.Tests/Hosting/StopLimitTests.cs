using DataLoad.Host.Hosting;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hosting;

public sealed class StopLimitTests
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    [Fact]
    public async Task Work_that_does_not_stop_is_left_at_the_limit()
    {
        using var stop = new CancellationTokenSource();
        var endless = new TaskCompletionSource();
        Task<bool> running = StopLimit.RunAsync(_ => endless.Task, TimeSpan.Zero, TimeProvider.System, stop.Token);

        running.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();

        (await running).ShouldBeFalse();
    }

    [Fact]
    public async Task Work_that_blocks_is_left_at_the_limit_too()
    {
        using var stop = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        Task<bool> running = StopLimit.RunAsync(
            _ =>
            {
                gate.Wait(CancellationToken.None);
                return Task.CompletedTask;
            },
            TimeSpan.Zero,
            TimeProvider.System,
            stop.Token);
        await stop.CancelAsync();

        (await running).ShouldBeFalse();
        gate.Set();
    }

    [Fact]
    public async Task Work_that_stops_in_time_has_ended_by_itself()
    {
        using var stop = new CancellationTokenSource();
        Task<bool> running = StopLimit.RunAsync(token => Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TaskScheduler.Default), Never,
            TimeProvider.System, stop.Token);
        await stop.CancelAsync();

        (await running).ShouldBeTrue();
    }

    [Fact]
    public async Task What_work_fails_with_is_passed_on() =>
        await Should.ThrowAsync<InvalidOperationException>(StopLimit.RunAsync(_ => throw new InvalidOperationException("broken"), Never, TimeProvider.System,
            CancellationToken.None));
}
