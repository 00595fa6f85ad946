using DataLoad.Host.OperatorConsole;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.OperatorConsole;

public sealed class HistoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("history-").FullName;

    private string FilePath => Path.Combine(_folder, "dataload", "history");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Lines_are_there_again_and_the_oldest_go()
    {
        History history = History.Open(FilePath, limit: 3, Fail);
        foreach (string line in (string[])["one", "two", "two", "", " secret", "three", "four"])
        {
            history.Add(line);
        }

        History.Open(FilePath, limit: 3, Fail).Lines.ShouldBe(["two", "three", "four"]);
        History.Open(FilePath, limit: 2, Fail).Lines.ShouldBe(["three", "four"]);
    }

    [Fact]
    public void The_file_and_its_folder_are_their_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        History.Open(FilePath, limit: 3, Fail).Add("status");

#pragma warning disable CA1416
        File.GetUnixFileMode(FilePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(FilePath)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
#pragma warning restore CA1416
    }

    [Fact]
    public void Without_a_file_or_with_none_wanted_nothing_is_written()
    {
        History.Open(file: null, limit: 3, Fail).Add("status");
        History.Open(FilePath, limit: 0, Fail).Add("status");

        File.Exists(FilePath).ShouldBeFalse();
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_said_once_and_lines_are_remembered_all_the_same()
    {
        File.WriteAllText(Path.Combine(_folder, "dataload"), "a file where a folder should be");
        var warnings = new List<string>();
        History history = History.Open(FilePath, limit: 3, warnings.Add);

        history.Add("status");
        history.Add("shards");

        history.Lines.ShouldBe(["status", "shards"]);
        warnings.ShouldHaveSingleItem().ShouldContain(FilePath);
    }

    private static void Fail(string warning) => throw new InvalidOperationException(warning);
}
