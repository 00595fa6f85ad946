using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

public sealed class HundredthsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0.00", 0)]
    [InlineData("1", 100)]
    [InlineData("1.", 100)]
    [InlineData(".5", 50)]
    [InlineData("1.2", 120)]
    [InlineData(" +1.23 ", 123)]
    [InlineData("-1.23", -123)]
    [InlineData("1.2300000000000000000000000000000000000", 123)]
    [InlineData("92233720368547758.07", long.MaxValue)]
    public void A_plain_decimal_text_is_read_exactly(string text, long expected) => Hundredths.Parse(text).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("1.2.3")]
    [InlineData("1e3")]
    [InlineData("1,5")]
    [InlineData("0.001")]
    [InlineData("0.0000000000000000000000000000000000001")]
    [InlineData("92233720368547758.08")]
    [InlineData("99999999999999999999999999999999999999999999999")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public void Any_other_text_is_refused(string text) => Hundredths.Parse(text).ShouldBeNull();

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(0.001)]
    [InlineData(0.1 + 0.2)]
    [InlineData(1e13)]
    public void A_number_that_stands_for_no_amount_is_refused(double value) => Hundredths.From(value).ShouldBeNull();

    [Fact]
    public void Amounts_survive_the_way_through_text_decimal_and_double()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            long amount = random.NextInt64(1L << ((i % 62) + 1)) * ((i % 2 * 2) - 1);

            Hundredths.Parse(Hundredths.Format(amount)).ShouldBe(amount);
            Hundredths.From(amount / 100m).ShouldBe(amount);
            if (Math.Abs(amount) < 1_000_000_000_000_000)
            {
                Hundredths.From(amount / 100d).ShouldBe(amount);
            }
        }
    }
}
