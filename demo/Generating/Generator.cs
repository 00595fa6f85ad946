namespace DataLoad.Demo;

/// <summary>
/// Makes a seeded stream of business events over all streams, with all that can happen to a message on its way:
/// repeats, late rows, late days, delays, breakage. Not safe for several threads.
/// </summary>
public sealed class Generator
{
    private const int RememberedEvents = 500;

    private readonly GeneratorOptions _options;
    private readonly Dice _dice;
    private readonly DraftMaker _drafts;
    private readonly BrokenMessages _broken;
    private readonly StreamInfo[] _weighted;
    private readonly Queue<(long Due, Draft Draft)> _repeats = new();
    private readonly List<Draft> _remembered = [];
    private long _made;

    /// <summary>A generator with these options.</summary>
    public Generator(GeneratorOptions? options = null)
    {
        _options = options ?? new GeneratorOptions();
        _dice = new Dice(_options.Seed);
        var people = new People(_dice, _options);
        _drafts = new DraftMaker(_dice, _options, people);
        _broken = new BrokenMessages(_dice, _options, people);
        StreamInfo[] busy = [ContractStreams.ActVisit, ContractStreams.ActVisit, ContractStreams.ActShare, ContractStreams.ActShare, ContractStreams.BearVisit,
            ContractStreams.ActBuy];
        _weighted = [.. _options.Streams, .. busy.Where(_options.Streams.Contains)];
    }

    /// <summary>The next events; there are about as many messages, repeats among them.</summary>
    public GeneratedBatch Next(int messages)
    {
        var batch = new GeneratedBatch();
        while (batch.Messages.Count < messages)
        {
            if (_repeats.TryPeek(out var next) && next.Due <= _made)
            {
                Repeat(batch, _repeats.Dequeue().Draft);
            }
            else if (_dice.Chance(_options.Broken))
            {
                _broken.Add(batch, _weighted[_dice.Below(_weighted.Length)]);
            }
            else
            {
                Event(batch, _weighted[_dice.Below(_weighted.Length)]);
            }
        }

        return batch;
    }

    /// <summary>One countable event of this stream.</summary>
    public GeneratedBatch NextOf(StreamInfo stream)
    {
        var batch = new GeneratedBatch();
        Event(batch, stream);
        return batch;
    }

    /// <summary>The repeats that were planned for later.</summary>
    public GeneratedBatch Rest()
    {
        var batch = new GeneratedBatch();
        while (_repeats.TryDequeue(out var repeat))
        {
            Repeat(batch, repeat.Draft);
        }

        return batch;
    }

    /// <summary>
    /// Repeats of earlier events, on another day and with other values. The first that was counted stands, so
    /// send them only after the tables hold what was sent before: they must change nothing.
    /// </summary>
    public GeneratedBatch Echoes(int messages)
    {
        var batch = new GeneratedBatch();
        for (var i = 0; i < messages && _remembered.Count > 0; i++)
        {
            var first = _remembered[_dice.Below(_remembered.Count)];
            var echo = new Draft(first.Stream, first.Meant)
            {
                Key = first.Key,
                MessageId = first.MessageId,
                TimestampSeconds = StatDay.FirstMilliseconds / 1000,
                SaysMore = true,
                Fields =
                [
                    .. first.Fields.Where(field => field.Name is not "ctime" and not "wuId" and not "redPackNum"),
                    JsonField.Int("ctime", StatDay.FirstMilliseconds + _dice.Below(1_000_000)), JsonField.Int("wuId", 1 + _dice.Below(1_000_000)),
                ],
            };
            if (first.Stream == ContractStreams.ActRedPackExpire)
            {
                echo.Fields.Add(JsonField.Int("redPackNum", 1_000));
            }

            batch.Send(echo.Write(_dice), first.Meant);
        }

        return batch;
    }

    private void Event(GeneratedBatch batch, StreamInfo stream)
    {
        _made++;
        var draft = _drafts.Make(stream);
        var late = draft.Rows.Count > 0 && _dice.Chance(_options.LateRows);
        foreach (var row in draft.Rows)
        {
            // All of them late, or some: each step of the lookup may find nothing.
            (late && _dice.Chance(0.7) ? batch.RowsAfter : batch.RowsBefore).Add(row);
        }

        if (draft.MessageId is not null && _dice.Chance(_options.Broken / 10))
        {
            // A rejected delivery leaves no identity behind: the good one after it counts.
            batch.SendBroken(new WireMessage(stream, "{\"sessionStr\":"u8.ToArray()) { ContentType = "application/json", MessageId = draft.MessageId });
        }

        batch.Send(Delayed(draft.Write(_dice)), draft.Meant);
        if (draft.Meant.Identity is null)
        {
            return;
        }

        if (_dice.Chance(_options.Duplicates))
        {
            if (_dice.Chance(0.5))
            {
                Repeat(batch, draft);
            }
            else
            {
                _repeats.Enqueue((_made + _dice.Below(5_000), draft));
            }
        }

        // A delayed or late one may be counted after its echo; a content identity has no other values.
        if (!late && (draft.MessageId is not null || stream.BareKey))
        {
            Remember(draft);
        }
    }

    private void Repeat(GeneratedBatch batch, Draft draft)
    {
        int? key = null;
        if (draft.RecordAgain is { } recordAgain && _dice.Chance(0.5))
        {
            var (recordKey, row) = recordAgain();
            batch.RowsBefore.Add(row);
            key = recordKey;
        }

        batch.Send(Delayed(draft.Write(_dice, key)), draft.Meant);
    }

    private void Remember(Draft draft)
    {
        if (_remembered.Count < RememberedEvents)
        {
            _remembered.Add(draft);
        }
        else if (_dice.Chance(0.01))
        {
            _remembered[_dice.Below(RememberedEvents)] = draft;
        }
    }

    private WireMessage Delayed(WireMessage message)
    {
        if (!_dice.Chance(_options.Delayed))
        {
            return message;
        }

        var delay = (int)_dice.Between(1, _options.MaxDelayMilliseconds);
        object header = _dice.Below(5) switch
        {
            0 => delay,
            1 => (long)delay,
            2 => (short)Math.Min(delay, short.MaxValue),
            3 => delay.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => -delay,
        };
        return message.WithHeader("x-delay", header);
    }
}
