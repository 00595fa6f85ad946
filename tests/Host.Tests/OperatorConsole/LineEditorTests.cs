using DataLoad.Host.Commands.Operating;
using DataLoad.Host.OperatorConsole;
using DataLoad.Host.Settings;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.OperatorConsole;

public sealed class LineEditorTests
{
    private readonly Keys _keys = new();
    private readonly StringWriter _screen = new() { NewLine = "\n" };
    private readonly History _history = History.Open(file: null, limit: 10, _ => { });

    [Fact]
    public void What_is_typed_is_the_line()
    {
        _keys.Type("streams").Enter();

        Read().ShouldBe("streams");
    }

    [Fact]
    public void Keys_of_shells_move_and_delete()
    {
        _keys.Type("pause act.buyy").Press(ConsoleKey.Backspace).Control(ConsoleKey.A).Type("# ").Control(ConsoleKey.E).Type("!").Enter();
        Read().ShouldBe("# pause act.buy!");

        _keys.Type("one two three").Control(ConsoleKey.W).Control(ConsoleKey.W).Type("2").Enter();
        Read().ShouldBe("one 2");

        _keys.Type("abc").Press(ConsoleKey.LeftArrow, 2).Press(ConsoleKey.Delete).Press(ConsoleKey.Home).Press(ConsoleKey.RightArrow).Type("-").Enter();
        Read().ShouldBe("a-c");

        _keys.Type("abc def").Press(ConsoleKey.LeftArrow, 3).Control(ConsoleKey.U).Type("x").Control(ConsoleKey.K).Enter();
        Read().ShouldBe("x");
    }

    [Fact]
    public void A_character_of_two_chars_is_deleted_as_one()
    {
        _keys.Type("a😀").Press(ConsoleKey.Backspace).Type("b").Enter();

        Read().ShouldBe("ab");
    }

    [Fact]
    public void Arrows_recall_lines_and_the_line_that_was_begun()
    {
        _history.Add("status");
        _history.Add("shards");
        _keys.Type("st").Press(ConsoleKey.UpArrow, 5).Enter();
        Read().ShouldBe("status");

        _keys.Type("st").Press(ConsoleKey.UpArrow).Press(ConsoleKey.DownArrow, 4).Type("reams").Enter();
        Read().ShouldBe("streams");
    }

    [Fact]
    public void Tab_completes_a_command_an_option_and_a_stream()
    {
        _keys.Type("sta\tfoo").Enter();
        Read().ShouldBe("status foo");

        _keys.Type("pause act.bu\t").Enter();
        Read().ShouldBe("pause act.buy ");

        _keys.Type("dead li\t--me\t").Enter();
        Read().ShouldBe("dead list --messages ");

        _keys.Type("tail --stream bear.v\t").Enter();
        Read().ShouldBe("tail --stream bear.visit ");

        _keys.Type("log t\t--lev\twarn\t").Enter();
        Read().ShouldBe("log tail --level warning ");

        _keys.Type("actors /sys\t").Enter();
        Read().ShouldBe("actors /system");
    }

    [Fact]
    public void Tab_writes_what_all_candidates_share_and_lists_them_when_pressed_again()
    {
        _keys.Type("s\t").Enter();
        Read();
        _screen.ToString().ShouldMatch("settings +shards +status +streams");

        _keys.Type("counters top --by over\t").Enter();
        Read().ShouldStartWith("counters top --by over");
    }

    [Fact]
    public void Help_is_completed_as_the_command_is()
    {
        _keys.Type("help dead p\t").Enter();

        Read().ShouldBe("help dead purge ");
    }

    [Fact]
    public void Ctrl_C_drops_the_line_and_Ctrl_D_ends_an_empty_one_alone()
    {
        _keys.Type("flush").Control(ConsoleKey.C);
        Read().ShouldBe("");

        _keys.Type("ab").Press(ConsoleKey.LeftArrow).Control(ConsoleKey.D).Enter();
        Read().ShouldBe("a");

        _keys.Control(ConsoleKey.D);
        Read().ShouldBeNull();
    }

    [Fact]
    public void A_line_longer_than_the_terminal_is_moved_along_in_one_row()
    {
        _keys.Type(new string('x', 50) + "end").Enter();

        Read().ShouldEndWith("end");
        _screen.ToString().Split('\r').ShouldAllBe(drawn => drawn.Count("xend".Contains) <= 40);
    }

    [Fact]
    public void Ideographs_take_two_columns() => CellWidth.Of("a活动b").ShouldBe(6);

    private string? Read()
    {
        var node = new NodeAccess(new Uri("http://127.0.0.1:1"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        var completer = new Completer(ConsoleCommand.CreateRoot(node, new ConsoleSettings(), new Confirmation(null), _history, () => { }));
        return new LineEditor(_keys, new LineView(_screen, () => 40), completer, _history).ReadLine("> ");
    }
}
