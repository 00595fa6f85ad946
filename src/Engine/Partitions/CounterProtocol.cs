using Akka.Actor;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Partitions;

/// <summary>What a Partition and its Counters tell each other. None of it leaves the process.</summary>
internal interface ICounterMessage : INoSerializationVerificationNeeded;

/// <summary>Asks a Counter for its row; answered by <see cref="CounterRow"/>.</summary>
internal sealed record ReadRow(long Round) : ICounterMessage;

/// <summary>Asks a Counter for its state; answered by <see cref="CounterState"/>.</summary>
internal sealed record ReadState(long Round) : ICounterMessage;

/// <summary>Gives a Counter the state that was computed anew from the journal; it holds the Counter alone from then on.</summary>
internal sealed record ReplaceState(Counter Counter) : ICounterMessage;

/// <summary>A slice is applied, and so much is held now; or the Counter is damaged, says why, and applies none any more.</summary>
internal sealed record SliceApplied(CounterId Id, long SequenceNr, long SliceBytes, long ResidentBytes, string? Damage) : ICounterMessage;

/// <summary>A Counter's values as of a SequenceNr: those of the last slice that was applied.</summary>
internal sealed record CounterRow(CounterId Id, long Round, long SequenceNr, long[] Values) : ICounterMessage;

/// <summary>A Counter's encoded state as of a SequenceNr.</summary>
internal sealed record CounterState(CounterId Id, long Round, long SequenceNr, byte[] Bytes) : ICounterMessage;
