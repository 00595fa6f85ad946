namespace DataLoad.Simulation.Broker;

/// <summary>Told what the broker sees.</summary>
internal interface IBrokerWatch
{
    /// <summary>A message was sent to a consumer.</summary>
    void OnDelivery(Message message, string node);

    /// <summary>A message was acknowledged: its effect must be durable by now.</summary>
    void OnAcknowledgement(Message message, string node);

    /// <summary>A dead letter reached its queue.</summary>
    void OnDeadLetter(Message letter);
}
