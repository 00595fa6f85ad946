namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>
/// Something that happened in the business: what a message, its rows and its row's rows say, in the business's own terms.
/// Its marker, the session string, is carried through to the journal.
/// </summary>
internal sealed record GeneratedEvent
{
    public const long Never = long.MaxValue;

    public required int Number { get; init; }

    /// <summary>The session string that nothing else has.</summary>
    public required string Marker { get; init; }

    public required string Stream { get; init; }

    public required string TopicType { get; init; }

    public required int TopicId { get; init; }

    public required int WuId { get; init; }

    /// <summary>The <c>ctime</c> of the message, or null.</summary>
    public long? MessageTimeMs { get; init; }

    /// <summary>The <c>ctime</c> of the row that the message's key names, or null.</summary>
    public long? RowTimeMs { get; init; }

    /// <summary>The AMQP timestamp in seconds, or null.</summary>
    public long? TimestampSeconds { get; init; }

    public string? MessageId { get; init; }

    /// <summary>The business key: a user record, an order, a card off, a refund, a receive.</summary>
    public int Key { get; init; }

    /// <summary>The key of the <c>mq_operate_record</c> row, on recorded streams.</summary>
    public int RecordId { get; init; }

    /// <summary>The numbers that count: as the contract names them, amounts in hundredths, flags as 0 and 1.</summary>
    public IReadOnlyDictionary<string, long> Numbers { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>When its rows can be seen, after the start; <see cref="Never"/> where they never can.</summary>
    public long RowsAtMs { get; init; }

    /// <summary>The <c>x-delay</c>, or 0.</summary>
    public long DelayMs { get; init; }

    /// <summary>What is wrong with the message: the reason that its dead letter must give, or null.</summary>
    public string? Flaw { get; init; }

    /// <summary>Whether the message carries marker and user itself, or leaves them to its row.</summary>
    public bool IsSelfContained { get; init; }

    /// <summary>What events must share to be the same one; null where it counts at every delivery.</summary>
    public string? Identity => StreamFacts.Of(Stream).HasKey
        ? $"{Stream}|{TopicType}|{TopicId}|key {Key}"
        : MessageId is not null ? $"{Stream}|{TopicType}|{TopicId}|id {MessageId}"
        : MessageTimeMs is not null || StreamFacts.Of(Stream).IsContent ? $"{Stream}|content {Number}" : null;

    /// <summary>The time that it must count at, or null where that is the time of receipt.</summary>
    public long? TimeMs => MessageTimeMs ?? RowTimeMs ?? (TimestampSeconds * 1000);

    /// <summary>The carrier page that led to it: none, or one of few; the same in all that is told of a key.</summary>
    public (string Type, int Id)? Parent => (Key == 0 ? Number : Key) is var basis && basis % 3 == 0 ? null : ("BEAR", basis % 5);

    public override string ToString() =>
        $"{Marker}: {Stream} {TopicType}/{TopicId} user {WuId}{(Identity is null ? " without identity" : $" [{Identity[(Identity.LastIndexOf('|') + 1)..]}]")}"
        + $"{(RowsAtMs == Never ? ", rows never there" : RowsAtMs > 0 ? $", rows at {RowsAtMs} ms" : "")}{(DelayMs > 0 ? $", delayed {DelayMs} ms" : "")}{(Flaw is null ? "" : $", flawed: {Flaw}")}";
}

/// <summary>A message that is published.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Event">The number of the event that it tells of.</param>
/// <param name="AtMs">When, after the start.</param>
internal sealed record Publishing(int Number, int Event, long AtMs);
