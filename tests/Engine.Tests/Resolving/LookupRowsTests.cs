using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Resolving;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Resolving;

/// <summary>What is reused from batch to batch and from message to message holds nothing of the one before.</summary>
public sealed class LookupRowsTests
{
    private static readonly LookupStep Step = new()
    {
        Name = "things",
        Key = LookupKey.Message("id"),
        Columns = [new("name", ColumnKind.Text), new("size", ColumnKind.Int32), new("label", ColumnKind.Text), new("weight", ColumnKind.Amount)],
    };

    [Fact]
    public void The_default_query_names_the_columns_and_the_table() =>
        DefaultQueries.Of(Step).ShouldBe("SELECT id, name, size, label, weight FROM things WHERE id = ANY(@keys)");

    [Fact]
    public void Values_stand_where_they_were_set_however_many_rows_there_are()
    {
        var rows = new LookupRows(Step);
        for (int batch = 0; batch < 2; batch++)
        {
            rows.Clear();
            for (int key = 0; key < 1000; key++)
            {
                int row = rows.Add(key * 3);
                row.ShouldBe(key);
                rows.SetText(row, 0, $"name {batch} {key}");
                rows.SetNumber(row, 3, key + batch);
                if (key % 5 == 0)
                {
                    rows.SetNumber(row, 1, -key);
                    rows.SetText(row, 2, "label");
                }
            }

            rows.Count.ShouldBe(1000);
            for (int key = 0; key < 1000; key++)
            {
                int row = rows.Find(key * 3);
                row.ShouldBe(key);
                (rows.Text(row, 0), rows.Number(row, 3)).ShouldBe(($"name {batch} {key}", key + batch));
                (rows.Has(row, 1), rows.Has(row, 2)).ShouldBe((key % 5 == 0, key % 5 == 0));
                rows.Number(row, 1).ShouldBe(key % 5 == 0 ? -key : 0);
            }
        }
    }

    [Fact]
    public void Of_rows_with_the_same_key_the_first_stands()
    {
        var rows = new LookupRows(Step);
        rows.SetText(rows.Add(7), 0, "first");

        rows.Add(7).ShouldBe(-1);

        rows.Count.ShouldBe(1);
        rows.Text(rows.Find(7), 0).ShouldBe("first");
        rows.Find(8).ShouldBe(-1);
    }

    [Fact]
    public void What_was_cleared_is_gone_with_its_texts_numbers_and_errors()
    {
        var rows = new LookupRows(Step);
        rows.Add(7);
        rows.SetText(0, 0, "name");
        rows.SetNumber(0, 1, 5);
        rows.SetError(0, 3, "column weight = x");
        rows.Error(0, 3).ShouldBe("column weight = x");
        rows.Error(0, 1).ShouldBeNull();

        rows.Clear();

        rows.Find(7).ShouldBe(-1);
        rows.Add(8).ShouldBe(0);
        (rows.Has(0, 0), rows.Has(0, 1), rows.Text(0, 0), rows.Number(0, 1)).ShouldBe((false, false, null, 0L));
        rows.Error(0, 3).ShouldBeNull();
    }

    [Fact]
    public void A_candidate_that_is_cleared_holds_nothing_of_the_message_before()
    {
        StreamDefinition stream = Catalog.Default.FindStream("act.share")!;
        var candidate = new Candidate(stream) { ReceivedMs = 1, TimestampMs = 2, ParkedAs = Guid.NewGuid(), Delivery = new DeliveryId("n", "c", 1) };
        candidate.Fields.Set(CommonField.WuId, 5);
        candidate.SetMessageId("id"u8);
        candidate.Miss("orders 7");
        candidate.Reject(new Rejection(RejectReason.BadTime, "late"));

        candidate.Clear();

        (candidate.ReceivedMs, candidate.TimestampMs, candidate.ParkedAs, candidate.Delivery).ShouldBe((0L, 0L, null, null));
        (candidate.State, candidate.Rejection, candidate.MissingRow).ShouldBe((CandidateState.Ready, null, null));
        candidate.Fields.Has(CommonField.WuId).ShouldBeFalse();
        candidate.MessageId.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_candidate_has_its_own_copy_of_a_message_id_of_any_length()
    {
        var candidate = new Candidate(Catalog.Default.FindStream("act.share")!);
        foreach (int length in new[] { 3, 64, 65, 255, 10, 0, 64 })
        {
            byte[] id = Encoding.ASCII.GetBytes(new string((char)('a' + (length % 26)), length));
            candidate.SetMessageId(id);
            byte[] expected = [.. id];
            Array.Clear(id);

            candidate.MessageId.ToArray().ShouldBe(expected);
        }
    }
}
