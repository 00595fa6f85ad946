using System.Globalization;
using Akka.Actor;
using Akka.Actor.Internal;

namespace DataLoad.Engine.Watching;

/// <summary>The actors from one of them down, each followed by its children, as they are found while others change them.</summary>
/// <param name="Actors">The one that was asked for, and those below it.</param>
public sealed record ActorTree(IReadOnlyList<ActorEntry> Actors)
{
    /// <summary>How many actors are listed at the most, whatever was asked for.</summary>
    public const int MaxActors = 10_000;

    /// <summary>Reads the tree of a system. It asks no actor: it looks at what Akka holds of each, which is never changed in place.</summary>
    /// <param name="system">The system.</param>
    /// <param name="path">Where to begin, as <c>/user</c> or <c>/system/sharding</c>.</param>
    /// <param name="depth">How many levels below it.</param>
    /// <param name="children">How many children of one actor are listed at the most: those for which most messages wait.</param>
    /// <returns>The tree, or null where there is no such actor.</returns>
    public static ActorTree? Read(ActorSystem system, string path, int depth, int children) =>
        Find(((ExtendedActorSystem)system).Provider.RootGuardian as ActorRefWithCell, path) is { } start
            ? new ActorTree([.. Grow(start, depth, children).Flatten()])
            : null;

    private static ActorRefWithCell? Find(ActorRefWithCell? root, string path)
    {
        ActorRefWithCell? at = root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            IChildStats? found = null;
            at?.Underlying.TryGetChildStatsByName(name, out found);
            at = (found as ChildRestartStats)?.Child as ActorRefWithCell;
        }

        return at;
    }

    /// <summary>Level by level, so that where there are too many it is the lowest that are not listed.</summary>
    private static Node Grow(ActorRefWithCell start, int depth, int children)
    {
        int left = MaxActors - 1;
        var root = new Node(start, Depth: 0, IsToldToStop: false);
        var next = new Queue<Node>([root]);
        while (next.TryDequeue(out Node? node))
        {
            node.Look(node.Depth < depth ? Math.Min(children, left) : 0);
            left -= node.Below.Count;
            node.Below.ForEach(next.Enqueue);
        }

        return root;
    }

    private sealed record Node(ActorRefWithCell Actor, int Depth, bool IsToldToStop)
    {
        private ActorEntry? _entry;

        public List<Node> Below { get; } = [];

        /// <summary>Reads the actor, and takes in so many of its children. What it holds of them is read once, for they come and go.</summary>
        public void Look(int most)
        {
            ICell cell = Actor.Underlying;
            IChildrenContainer container = cell.ChildrenContainer;
            var dying = container as TerminatingChildrenContainer;
            int count = 0;
            var picked = new PriorityQueue<ActorRefWithCell, (int Messages, string Name)>(Wanted.Least);
            foreach (ActorRefWithCell child in container.Children.OfType<ActorRefWithCell>())
            {
                count++;
                if (most > 0)
                {
                    picked.Enqueue(child, (child.Underlying.NumberOfMessages, child.Path.Name));
                }

                if (picked.Count > most)
                {
                    picked.Dequeue();
                }
            }

            Below.AddRange(picked.UnorderedItems.Select(item => item.Element).OrderBy(child => child.Path.Name, Wanted.Names)
                .Select(child => new Node(child, Depth + 1, dying?.ToDie.Contains(child) == true)));
            _entry = new ActorEntry(
                Actor.Path.ToStringWithoutAddress(), Depth, TypeOf(cell), StateOf(cell, container), cell.NumberOfMessages, count, Below.Count);
        }

        public IEnumerable<ActorEntry> Flatten() => Below.SelectMany(node => node.Flatten()).Prepend(_entry!);

        private ActorState StateOf(ICell cell, IChildrenContainer container) =>
            IsToldToStop || cell.IsTerminated || container.IsTerminating ? ActorState.Stopping
            : !container.IsNormal ? ActorState.Restarting
            : cell is ActorCell ? ActorState.Running
            : ActorState.Starting;

        // Of an actor that has ended Akka has let go.
        private static string? TypeOf(ICell cell) => cell.Props is { } props and not TerminatedProps ? NameOf(props.Type) : null;

        private static string NameOf(Type type)
        {
            string name = type.Name.Split('`')[0];
            return type.DeclaringType is { } around ? $"{NameOf(around)}+{name}" : $"{type.Namespace}.{name}";
        }
    }

    /// <summary>Which children are listed where not all are, and in what order.</summary>
    private static class Wanted
    {
        /// <summary>By name: numbers first, by their value, as those of Partitions are.</summary>
        public static readonly IComparer<string> Names = Comparer<string>.Create((one, other) =>
            NumberOf(one).CompareTo(NumberOf(other)) is not 0 and int order ? order : string.CompareOrdinal(one, other));

        /// <summary>Those for which fewest messages wait first, and of them the last by name.</summary>
        public static readonly IComparer<(int Messages, string Name)> Least = Comparer<(int Messages, string Name)>.Create((one, other) =>
            one.Messages != other.Messages ? one.Messages.CompareTo(other.Messages) : Names.Compare(other.Name, one.Name));

        private static long NumberOf(string name) =>
            long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue;
    }
}

/// <summary>An actor.</summary>
/// <param name="Path">Its path, without the system's address.</param>
/// <param name="Depth">How many levels it is below the one that was asked for.</param>
/// <param name="Type">The class that it is made of; null where it has just ended.</param>
/// <param name="State">What it is at.</param>
/// <param name="Messages">How many messages wait in its mailbox.</param>
/// <param name="Children">How many children it has.</param>
/// <param name="Listed">How many of them are listed.</param>
public sealed record ActorEntry(string Path, int Depth, string? Type, ActorState State, int Messages, int Children, int Listed);

/// <summary>What an actor is at.</summary>
public enum ActorState
{
    /// <summary>It takes messages.</summary>
    Running = 0,

    /// <summary>It is not made yet.</summary>
    Starting,

    /// <summary>It waits for its children to end before it is made anew.</summary>
    Restarting,

    /// <summary>It was told to stop, or ends.</summary>
    Stopping,
}
