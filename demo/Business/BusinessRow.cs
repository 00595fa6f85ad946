namespace DataLoad.Demo;

/// <summary>A row to insert into a business table; its values in the order of the table's columns.</summary>
public sealed record BusinessRow(BusinessTable Table, object?[] Values);
