namespace DataLoad.Host.Hocon;

/// <summary>A place in the configuration whose keys the user chooses, so that the reference cannot list them.</summary>
/// <param name="Pattern">
/// The path of an entry, where <c>*</c> is any one element: <c>dataload.streams.*</c>. For free form, the path of the
/// object itself, below which anything goes: <c>dataload.amqp.queue-arguments</c>.
/// </param>
/// <param name="Template">
/// The path of the object in the reference whose keys each entry may have, such as <c>dataload.stream-defaults</c>;
/// null for free form.
/// </param>
public sealed record HoconOpenMap(string Pattern, string? Template = null);
