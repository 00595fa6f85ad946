using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>Starts actor systems that run on a world's thread.</summary>
internal static class ProcessSystem
{
    private static readonly Config s_config = ConfigurationFactory.ParseString($$"""
        akka {
          loggers = []
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          suppress-json-serializer-warning = on
          scheduler.implementation = "{{typeof(ProcessScheduler).AssemblyQualifiedName}}"
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            run-by-actor-system-terminate = off
            exit-clr = off
          }
          actor {
            default-dispatcher.type = "{{typeof(ProcessDispatcherConfigurator).AssemblyQualifiedName}}"
            internal-dispatcher = akka.actor.default-dispatcher
            default-blocking-io-dispatcher = akka.actor.default-dispatcher
          }
          persistence.dispatchers {
            default-plugin-dispatcher = akka.actor.default-dispatcher
            default-replay-dispatcher = akka.actor.default-dispatcher
            default-stream-dispatcher = akka.actor.default-dispatcher
          }
        }
        """);

    /// <summary>The process whose actor system is being made on this thread.</summary>
    [field: ThreadStatic]
    public static SimulatedProcess? Starting { get; private set; }

    /// <summary>Starts an actor system.</summary>
    /// <param name="process">Where it runs.</param>
    /// <param name="config">Its configuration beside the simulation's own.</param>
    /// <param name="setups">What its plugins ask for.</param>
    public static ActorSystem Start(SimulatedProcess process, Config config, params ReadOnlySpan<Setup> setups)
    {
        ActorSystemSetup setup = ActorSystemSetup.Empty
            .And(BootstrapSetup.Create().WithConfig(s_config.WithFallback(config)))
            .And(new ProcessSetup(process));
        foreach (Setup one in setups)
        {
            setup = setup.And(one);
        }

        Starting = process;
        try
        {
            return ActorSystem.Create("dataload", setup);
        }
        finally
        {
            Starting = null;
        }
    }
}

/// <summary>The process that an actor system runs in.</summary>
internal sealed class ProcessSetup(SimulatedProcess process) : Setup
{
    public SimulatedProcess Process => process;

    public static ProcessSetup Of(ActorSystemSetup setup) =>
        setup.Get<ProcessSetup>() is { HasValue: true, Value: { } found } ? found
            : throw new InvalidOperationException("The actor system was not started by the simulation.");
}
