using DataLoad.Host.Api;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Commands.Operating;

/// <summary>How states, their reasons and numbers that nobody knows now are written.</summary>
internal static class StateForm
{
    /// <summary>A state in words.</summary>
    public static Cell Of(string state) => new(OperatingState.InWords(state), ToneOf(state));

    /// <summary>A number; where it is not known now, since when, and what it was then.</summary>
    public static Cell Of(long? number, LastKnown? last, long nowMs, BusinessClock clock) => number is null && last is not null
        ? new Cell($"unknown since {clock.Time(last.At)}, {Form.Age(last.At, nowMs)} ago; it was {new Cell($"{last.Value}", IsNumber: true).Shown} then", Tone.Warning)
        : Cell.Of(number);

    /// <summary>Adds a line for each reason.</summary>
    /// <param name="display">Where.</param>
    /// <param name="state">The state that they are of.</param>
    /// <param name="reasons">The reasons; null of a node of an older version.</param>
    public static void AddReasons(Display display, string state, IReadOnlyList<string>? reasons)
    {
        foreach (string reason in reasons ?? [])
        {
            display.Line(reason, ToneOf(state));
        }
    }

    /// <summary>A state and its reasons in one line.</summary>
    public static string InOneLine(string state, IReadOnlyList<string>? reasons) =>
        reasons is { Count: > 0 } ? $"{OperatingState.InWords(state)}: {string.Join(' ', reasons)}" : $"{OperatingState.InWords(state)}.";

    private static Tone ToneOf(string state) => state switch
    {
        OperatingState.Ready => Tone.Good,
        OperatingState.NotReady => Tone.Bad,
        _ => Tone.Warning,
    };
}
