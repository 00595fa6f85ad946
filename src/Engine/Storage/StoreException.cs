namespace DataLoad.Engine.Storage;

/// <summary>The store cannot be used as it is; the message says what is wrong and how to mend it.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Makes an exception with a message.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public StoreException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
