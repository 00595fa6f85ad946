using System.Globalization;
using System.Text.Unicode;
using DataLoad.Demo;

namespace DataLoad.Bench.Core;

/// <summary>
/// Bodies of <c>act.share</c> as the services send them, encoded beforehand into one array. They come without a
/// message-id, so that their content is their identity.
/// </summary>
internal sealed class ShareBodies
{
    private const int MostBytes = 220;

    private readonly byte[] _bytes;
    private readonly int[] _starts;

    /// <summary>Makes bodies; the same seed makes the same.</summary>
    /// <param name="count">How many.</param>
    /// <param name="topics">Of how many topics, the first the busiest.</param>
    /// <param name="users">Of how many users, the first the busiest.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="even">Whether the topics take turns instead.</param>
    /// <param name="parents">By how many carrier pages they came, the first the busiest; 0 is by none.</param>
    public ShareBodies(int count, int topics, int users, ulong seed, bool even = false, int parents = 0)
    {
        _bytes = new byte[count * MostBytes];
        _starts = new int[count + 1];
        var dice = new Dice(seed);
        var topic = new Zipf(topics, 1.0);
        var user = new Zipf(users, 0.8);
        var parent = new Zipf(Math.Max(parents, 1), 1.0);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (int i = 0; i < count; i++)
        {
            // As the demo's backlog does: nearly all of the last hour.
            long age = dice.Between(0, dice.Chance(0.95) ? 3_600_000 : 3 * 86_400_000L);
            int topicId = 1 + (even ? i % topics : topic.Draw(dice));
            string by = parents == 0 ? "null,\"parentTopicId\":null"
                : string.Create(CultureInfo.InvariantCulture, $"\"BEAR\",\"parentTopicId\":{1 + parent.Draw(dice)}");
            Utf8.TryWrite(
                _bytes.AsSpan(_starts[i]),
                CultureInfo.InvariantCulture,
                $"{{\"sessionStr\":\"{dice.Bits():x16}\",\"parentTopicType\":{by},\"topicType\":\"ACTIVITY\",\"topicId\":{topicId},\"qrCode\":\"\",\"wuId\":{1 + user.Draw(dice)},\"channelType\":\"WECHAT\",\"ctime\":{now - age}}}",
                out int written);
            _starts[i + 1] = _starts[i] + written;
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The mean size of a body, in bytes.</summary>
    public double MeanBytes => (double)_starts[^1] / Count;

    /// <summary>A body.</summary>
    public ReadOnlySpan<byte> this[int index] => Memory(index).Span;

    /// <summary>A body, which stays as it is.</summary>
    public ReadOnlyMemory<byte> Memory(int index) => _bytes.AsMemory(_starts[index].._starts[index + 1]);
}
