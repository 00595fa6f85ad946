using System.Text.Json.Serialization;
using DataLoad.Engine.Contract;

namespace DataLoad.Host.Api;

/// <summary>Metrics by column, as the API writes them: amounts as text with two decimals, all else as integers.</summary>
/// <param name="Page">The page.</param>
/// <param name="Values">All its values, in order.</param>
/// <param name="Columns">The places of those that are written; null for all.</param>
[JsonConverter(typeof(MetricValuesConverter))]
internal sealed record MetricValues(Page Page, long[] Values, int[]? Columns = null);
