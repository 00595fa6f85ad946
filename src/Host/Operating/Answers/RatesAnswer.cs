namespace DataLoad.Host.Operating.Answers;

/// <summary>Counts a second, over the last seconds.</summary>
internal sealed record RatesAnswer(double Deliveries, double Events, double Duplicates, double Retries, double Parked, double DeadLetters);
