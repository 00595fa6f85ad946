using System.Text;

namespace DataLoad.Engine.Intake;

/// <summary>Gives the same string for the same bytes as before: a stream's publishers write one or two. Not for two threads.</summary>
internal sealed class RepeatedText
{
    private byte[] _bytes = [];
    private string _text = "";

    public string Of(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.SequenceEqual(_bytes))
        {
            _text = Encoding.UTF8.GetString(bytes);
            _bytes = bytes.ToArray();
        }

        return _text;
    }
}
