using System.Text.Json.Serialization;

namespace DataLoad.Host.Api;

/// <summary>How the API's shapes are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(CatalogShape))]
[JsonSerializable(typeof(StreamList))]
[JsonSerializable(typeof(StreamShape))]
[JsonSerializable(typeof(ShardList))]
[JsonSerializable(typeof(NodeList))]
[JsonSerializable(typeof(TopicList))]
[JsonSerializable(typeof(TopicShape))]
[JsonSerializable(typeof(TotalsShape))]
[JsonSerializable(typeof(SeriesShape))]
[JsonSerializable(typeof(DoneShape))]
[JsonSerializable(typeof(CountedEvent))]
[JsonSerializable(typeof(DroppedEvents))]
[JsonSerializable(typeof(LiveShape))]
[JsonSerializable(typeof(DeadLetterGroups))]
[JsonSerializable(typeof(DeadLetterList))]
[JsonSerializable(typeof(DeadLetterShape))]
[JsonSerializable(typeof(DeadLetterRequest))]
[JsonSerializable(typeof(DeadLetterEdit))]
[JsonSerializable(typeof(DeadLetterMoveShape))]
[JsonSerializable(typeof(JournalPage))]
[JsonSerializable(typeof(SettingList))]
[JsonSerializable(typeof(LogLevelShape))]
[JsonSerializable(typeof(LogLevelChange))]
[JsonSerializable(typeof(AuditPage))]
internal sealed partial class ApiJson : JsonSerializerContext;
