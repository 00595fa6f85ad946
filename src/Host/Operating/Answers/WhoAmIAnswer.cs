namespace DataLoad.Host.Operating.Answers;

/// <summary>The caller's role.</summary>
internal sealed record WhoAmIAnswer(string Role, string Authentication);
