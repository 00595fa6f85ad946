using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Tests.Hostile;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;
using static DataLoad.Engine.Tests.Seen.SeenHashesStored;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Stored rows broken in each bit, and at random with a checksum that fits.</summary>
public sealed class SeenHashesDamageTests
{
    [Fact]
    public void A_damaged_chunk_of_keys_is_refused_by_its_name()
    {
        var id = new KeyChunkId(6, new TopicKey("lesson", 9), 3);
        var keys = new IdSet();
        foreach (int key in new[] { 0, 1, 7, 1000, (1 << 20) - 1 })
        {
            keys.Add(key);
        }

        byte[] stored = new KeyChunk(id, keys).Encode();

        DamagedBytes.ShouldBeRefused(stored, bytes => KeyChunk.Decode(id, bytes), "lesson/9, chunk 3");
        DamagedBytes.ShouldNotCrash(stored, bytes => KeyChunk.Decode(id, bytes), seed: 3, perByte: 64, "lesson/9, chunk 3");
    }

    [Fact]
    public async Task Every_flipped_bit_of_every_row_is_found_and_named()
    {
        SeenShard written = await StoredAsync();
        foreach (Snapshot row in written.Store.Rows.ToArray())
        {
            for (int bit = 0; bit < row.Bytes.Length * 8; bit++)
            {
                byte[] damaged = [.. row.Bytes];
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                string message = await FaultAsync(row.Key, damaged);
                message.ShouldContain("segment 1 of bucket 50 of the seen identities of Partition 7 is damaged");
                message.ShouldStartWith("Partition 7, SeenHashes snapshot of SequenceNr 1: ");
                message.ShouldContain(row.Key[0] == 1 ? "The directory of" : $"Page {row.Key[^1]} of");
                message.ShouldContain("restore the store from a backup");
            }

            (await FaultAsync(row.Key, [])).ShouldContain("is damaged");
            (await FaultAsync(row.Key, row.Bytes[..^5])).ShouldContain("is damaged");
        }
    }

    [Fact]
    public async Task Hostile_rows_with_a_valid_checksum_are_refused_or_harmless()
    {
        SeenShard written = await StoredAsync();
        var random = new Random(11);
        foreach (Snapshot row in written.Store.Rows.ToArray())
        {
            for (int i = 0; i < 1_500; i++)
            {
                byte[] body = ByteMutator.MutateSome(row.Bytes[..^4], random);
                try
                {
                    await AskAsync(row.Key, Checksummed(body));
                }
                catch (StoredFormatException e)
                {
                    e.Message.ShouldMatch("(shard|Partition) 7");
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Mutated_rows_cost_memory_in_proportion_and_are_refused_by_name(int seed)
    {
        SeenShard written = await StoredAsync();
        var random = new Random(seed);
        int refused = 0;
        int tried = 0;
        foreach (Snapshot row in written.Store.Rows.ToArray())
        {
            SegmentKey.TryParse(row.Key, out SegmentKey key, out int page).ShouldBeTrue();
            Segment segment = SegmentRows.DecodeDirectory(7, key, written.Store.Rows.First().Bytes);
            for (int i = 0; i < 1_500; i++, tried++)
            {
                byte[] mutated = ByteMutator.MutateSome(row.Bytes[..^4], random);
                byte[] bytes = random.Next(8) == 0 ? mutated : Checksummed(mutated);
                AllocationBound.ShouldHold(bytes, perByte: 64, () =>
                {
                    try
                    {
                        if (page == PagedRow.DirectoryPage)
                        {
                            SegmentRows.DecodeDirectory(7, key, bytes);
                        }
                        else
                        {
                            SegmentRows.DecodePage(7, segment, page, bytes, new UInt128[segment.IdsOfPage(page)]);
                        }
                    }
                    catch (StoredFormatException e)
                    {
                        refused++;
                        e.Message.ShouldContain("segment 1 of bucket 50 of the seen identities of Partition 7");
                    }
                });
            }
        }

        refused.ShouldBeInRange(1, tried - 1, "a fuzz that is always refused, or never, tests nothing");
    }
}
