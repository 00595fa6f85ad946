using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Messages;

/// <summary>Properties that are not as any publisher writes them.</summary>
public sealed class AmqpPropertiesFuzzTests
{
    [Fact]
    public void Damaged_bytes_are_read_or_not_there_and_never_thrown()
    {
        var random = new Random(20_260_304);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = ByteMutator.MutateSome(AmqpPropertiesTests.Written(AmqpPropertiesTests.Some(random)), random, "StIVFAlDxL?"u8);
            AllocationBound.ShouldHold(bytes, 64, () =>
            {
                var properties = new AmqpProperties(bytes);
                foreach (AmqpProperty property in Enum.GetValues<AmqpProperty>())
                {
                    properties.TryGet(property, out _);
                }

                foreach (AmqpField field in properties.Headers)
                {
                    field.Value.TryGetInt64(out _);
                    field.Value.ToString();
                    foreach (AmqpField inner in field.Value.AsTable)
                    {
                        inner.Value.ToString();
                    }
                }

                properties.WithHeader("a"u8, 1L).WithoutHeader("h0"u8).With(AmqpProperty.AppId, "x"u8).Without(AmqpProperty.ContentType);
            });
        }
    }
}
