using System.Text.Json.Serialization;
using DataLoad.Engine.Contract;

namespace DataLoad.Host.Api;

/// <summary>An event's facts by name.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Values">Their values in the stream's order; amounts in hundredths.</param>
/// <param name="AreAmounts">Which of them are amounts.</param>
[JsonConverter(typeof(FactValuesConverter))]
internal sealed record FactValues(StreamDefinition Stream, long[] Values, bool[] AreAmounts);
