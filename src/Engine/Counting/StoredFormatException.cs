namespace DataLoad.Engine.Counting;

/// <summary>
/// Stored bytes are damaged or of a version that this program does not know. The message names what was read and
/// what is wrong with it.
/// </summary>
public class StoredFormatException : Exception
{
    /// <summary>Makes an exception with a message.</summary>
    public StoredFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public StoredFormatException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}
