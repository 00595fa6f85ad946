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
        History history = History.Open(FilePath, limit: 3);
        foreach (string line in (string[])["one", "two", "two", "", " secret", "three", "four"])
        {
            history.Add(line);
        }

        History.Open(FilePath, limit: 3).Lines.ShouldBe(["two", "three", "four"]);
        History.Open(FilePath, limit: 2).Lines.ShouldBe(["three", "four"]);
    }

    [Fact]
    public void The_file_and_its_folder_are_their_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        History.Open(FilePath, limit: 3).Add("status");

#pragma warning disable CA1416
        File.GetUnixFileMode(FilePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(FilePath)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
#pragma warning restore CA1416
    }

    [Fact]
    public void Without_a_file_or_with_none_wanted_nothing_is_written()
    {
        History.Open(file: null, limit: 3).Add("status");
        History.Open(FilePath, limit: 0).Add("status");

        File.Exists(FilePath).ShouldBeFalse();
    }
}
