using Akka.Actor;
using Akka.Hosting;

namespace DataLoad.Engine.Intake;

/// <summary>Registers the intake with an actor system.</summary>
public static class IntakeRegistration
{
    /// <summary>
    /// Runs the intake in the actor system, and registers its actor under <see cref="StreamIntake"/>. Stopping is the coordinated shutdown's:
    /// in <c>service-unbind</c> it takes no more, in <c>service-requests-done</c> it waits for what it has taken, and from <c>service-stop</c> on it
    /// sends Partitions nothing more.
    /// </summary>
    /// <param name="builder">The actor system's.</param>
    /// <param name="intake">The intake.</param>
    /// <param name="regionOf">Finds what brings batches of events to their Partitions; registered before.</param>
    public static AkkaConfigurationBuilder AddIntake(this AkkaConfigurationBuilder builder, StreamIntake intake, Func<IActorRegistry, IActorRef> regionOf) =>
        builder.WithActors((system, registry) =>
        {
            registry.Register<StreamIntake>(system.ActorOf(intake.Props(regionOf(registry)), "intake"));
            CoordinatedShutdown shutdown = CoordinatedShutdown.Get(system);
            shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "intake-stops-taking", async () =>
            {
                await intake.StopTakingAsync();
                return Akka.Done.Instance;
            });
            shutdown.AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "intake-is-drained", async () =>
            {
                await intake.DrainedAsync(CancellationToken.None);
                return Akka.Done.Instance;
            });
            shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "intake-sends-no-more", () =>
            {
                intake.StopSending();
                return Task.FromResult(Akka.Done.Instance);
            });
        });
}
