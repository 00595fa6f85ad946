using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Schema;

/// <summary>
/// The top-level keys that substitutions name. A file may define values of its own there to use several times; one that
/// nothing uses is a mistake, such as a misspelt name of the program's own section.
/// </summary>
internal static class HoconReferences
{
    /// <summary>Adds the keys that a file's substitutions name. Nesting is bounded by the parser.</summary>
    public static void Collect(SyntaxNode node, ISet<string> keys)
    {
        switch (node)
        {
            case SyntaxObject o:
                foreach (SyntaxNode definition in o.Fields.Values.SelectMany(static field => field.Definitions))
                {
                    Collect(definition, keys);
                }

                break;
            case SyntaxArray array:
                array.Items.ForEach(item => Collect(item, keys));
                break;
            case SyntaxConcatenation concatenation:
                // The first piece of key += value is the key itself, which is no use of it.
                foreach (SyntaxNode piece in concatenation.Pieces.Skip(concatenation.IsAppend ? 1 : 0))
                {
                    Collect(piece, keys);
                }

                break;
            case SyntaxSubstitution substitution:
                keys.Add(substitution.Path[0]);
                break;
        }
    }
}
