using System.Text.Json.Serialization;

namespace DataLoad.Host.Api;

/// <summary>How the API's shapes are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(CatalogDescription))]
[JsonSerializable(typeof(StreamList))]
[JsonSerializable(typeof(StreamDetails))]
[JsonSerializable(typeof(ShardList))]
[JsonSerializable(typeof(NodeList))]
[JsonSerializable(typeof(TopicList))]
[JsonSerializable(typeof(TopicDetails))]
[JsonSerializable(typeof(TotalsList))]
[JsonSerializable(typeof(DailySeries))]
[JsonSerializable(typeof(OperationResult))]
[JsonSerializable(typeof(CountedEvent))]
[JsonSerializable(typeof(DroppedEvents))]
[JsonSerializable(typeof(LiveUpdate))]
[JsonSerializable(typeof(DeadLetterGroups))]
[JsonSerializable(typeof(DeadLetterList))]
[JsonSerializable(typeof(DeadLetterDetails))]
[JsonSerializable(typeof(DeadLetterRequest))]
[JsonSerializable(typeof(DeadLetterEdit))]
[JsonSerializable(typeof(DeadLetterMoveResult))]
[JsonSerializable(typeof(JournalPage))]
[JsonSerializable(typeof(SettingList))]
[JsonSerializable(typeof(LogLevelList))]
[JsonSerializable(typeof(LogLevelChange))]
[JsonSerializable(typeof(AuditPage))]
internal sealed partial class ApiJson : JsonSerializerContext;
