using System.Text;
using System.Text.Json;
using DataLoad.Dashboard.Tests.Browsing;
using DataLoad.Dashboard.Tests.Stub;
using DataLoad.Host.Commands.Operating;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace DataLoad.Dashboard.Tests;

/// <summary>What the editor of a dead letter says of a body that is no JSON: the same bodies as the browser's own parser and the console refuse, with the place, in
/// the interface's language.</summary>
[Collection(BrowserCollection.Name)]
public sealed class JsonFaultTests(Chromium chromium)
{
    private const int Mutants = 3000;
    private const string Path = "/dead-letters?stream=act.buy&reason=row-missing";

    // Each is typed, and what is shown of it compared with JSON.parse.
    private const string TypeAll =
        """
        async ([label, texts]) => {
            const area = [...document.querySelectorAll("dialog label")].find(element => element.textContent.startsWith(label)).querySelector("textarea");
            const verdict = document.getElementById(area.getAttribute("aria-describedby"));
            const shown = [];
            for (const escaped of texts) {
                area.value = JSON.parse(`"${escaped}"`);
                area.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise(resolve => setTimeout(resolve));
                let isJson = true;
                try {
                    JSON.parse(area.value.replace(/^\uFEFF/, ""));
                } catch {
                    isJson = false;
                }
                shown.push({ isJson, isTaken: area.getAttribute("aria-invalid") === "false", words: verdict.textContent });
            }
            return JSON.stringify(shown);
        }
        """;

    [Theory]
    [InlineData("en-GB", "{\n  \"note\": \"😀\", \"orderId\": }", "The body is no JSON: line 2, column 27: a value has to stand here.")]
    [InlineData("zh-CN", "{\n  \"note\": \"😀\", \"orderId\": }", "消息体不是 JSON：第 2 行第 27 列：这里应有一个值。")]
    [InlineData("zh-CN", "\uFEFF{\"orderId\": NaN}", "消息体不是 JSON：第 1 行第 13 列：这不是 JSON 的值。JSON 的值有 true、false、null、数字、双引号中的文本、列表和对象。")]
    [InlineData("zh-CN", "{'orderId':7}", "消息体不是 JSON：第 1 行第 2 列：这不是 JSON 的值。JSON 的值有 true、false、null、数字、双引号中的文本、列表和对象。")]
    [InlineData("zh-CN", "{\"orderId\":7,}", "消息体不是 JSON：第 1 行第 14 列：这里应为双引号中的字段名。")]
    [InlineData("zh-CN", "{\"orderId\" 7}", "消息体不是 JSON：第 1 行第 12 列：这里应为冒号。")]
    [InlineData("zh-CN", "{\"orderId\":7", "消息体不是 JSON：第 1 行第 13 列：对象没有结束：这里应为 }。")]
    [InlineData("zh-CN", "[1 2]", "消息体不是 JSON：第 1 行第 4 列：这里应为逗号。")]
    [InlineData("zh-CN", "[1", "消息体不是 JSON：第 1 行第 3 列：列表没有结束：这里应为 ]。")]
    [InlineData("zh-CN", "[1.]", "消息体不是 JSON：第 1 行第 2 列：从这里开始的数字不完整。")]
    [InlineData("zh-CN", "7 // seven", "消息体不是 JSON：第 1 行第 3 列：JSON 中不能有注释。")]
    [InlineData("zh-CN", "{}\n{}", "消息体不是 JSON：第 2 行第 1 列：值之后不能再有内容。")]
    [InlineData("zh-CN", "[\"a\nb\"]", "消息体不是 JSON：第 1 行第 2 列：从这里开始的文本在本行内没有结束。")]
    [InlineData("zh-CN", "[\"\\u12\"]", "消息体不是 JSON：第 1 行第 2 列：从这里开始的文本中，\\u 之后不是四位十六进制数字。")]
    [InlineData("zh-CN", "[\"\\x\"]", "消息体不是 JSON：第 1 行第 2 列：从这里开始的文本中，反斜杠之后的字符无效。")]
    [InlineData("zh-CN", "[\"a\tb\"]", "消息体不是 JSON：第 1 行第 2 列：从这里开始的文本中有控制字符（如制表符，应写作 \\t）。")]
    public async Task Why_a_body_is_no_JSON_is_said_in_the_language_of_the_interface_with_line_and_column(string language, string body, string said)
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenEditorAsync(node, language);
        ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Textbox).Last.FillAsync(body);
        await Visit.ShouldSayAsync(dialog.GetByRole(AriaRole.Status), said);
        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task The_editor_takes_what_JSON_parse_takes_and_what_the_console_takes()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenEditorAsync(node, "en-GB");
        string[] texts = [.. Tricky(), .. Mutated(new Random(20261128))];
        Typed[] all = await TypeAsync(visit, texts);

        all.Length.ShouldBe(texts.Length);
        all.Count(typed => typed.IsJson).ShouldBeGreaterThan(Mutants / 20);
        foreach ((Typed typed, string text) in all.Zip(texts))
        {
            typed.IsTaken.ShouldBe(typed.IsJson, $"{typed.Words} {text}");

            // The console takes bytes, which hold no half of a pair.
            if (!text.EnumerateRunes().Contains(Rune.ReplacementChar))
            {
                (BodyEditor.WhyNoJson(Encoding.UTF8.GetBytes(text)) is null).ShouldBe(typed.IsTaken, $"the console: {text}");
            }
        }

        visit.ShouldBeFaultless();
    }

    [Fact]
    public async Task What_is_nested_deeper_than_streams_read_is_refused_however_deep_it_is()
    {
        await using StubNode node = await StubNode.StartAsync();
        await using Visit visit = await OpenEditorAsync(node, "en-GB");
        string[] texts = [Nested(64), Nested(65), Nested(200_000), new('[', 200_000), string.Join(',', Enumerable.Repeat("[[]]", 100)).Insert(0, "[") + "]"];
        Typed[] all = await TypeAsync(visit, texts);
        const string tooDeep = "The body is no JSON: line 1, column 65: nested more than 64 deep, which streams do not read.";
        all.Select(typed => typed.Words).ShouldBe(["The body can be read.", tooDeep, tooDeep, tooDeep, "The body can be read."]);
        visit.ShouldBeFaultless();
    }

    private static IEnumerable<string> Tricky() =>
    [
        "", " ", "\n", "\uFEFF", "\uFEFF{}", "\uFEFF\uFEFF{}", "{}\uFEFF", "{\uFEFF}",
        "null", "true", "false", "True", "nul", "nullx", "undefined", "NaN", "Infinity", "-Infinity", "[NaN]", "{\"a\":NaN}",
        "0", "-0", "-", "+1", "01", "-01", "00", "1.", ".1", "1.5", "1e5", "1E+5", "1e-05", "1e", "1e+", "1.e1", "0x10", "1e999", "1_000", "１", "[1,2", "[1,]", "[,1]", "[1,,2]",
        "{\"a\":1,\"a\":2}", "{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "{1:2}", "{\"a\":1]", "[1}", "}", "]", ",", ":",
        "\"", "\"a", "'a'", "\"\\\"", "\"\\a\"", "\"\\x41\"", "\"\\u00e9\"", "\"\\u00e\"", "\"\\u00zz\"", "\"\\uD800\"", "\"\\uDC00\\uD800\"", "\"\\/\\b\\f\\n\\r\\t\\\\\"", "\"\\'\"",
        "\"\t\"", "\"\0\"", "\"\u0001\"", "\"\u001f\"", "\"\u007f\"", "\"\u0085\"", "\"\u2028\u2029\"", "\"a\nb\"", "\"😀\"", "\"\uD800\"", "\uDC00{}", "\0", "{}\0",
        "\u00a0{}", "{}\u00a0", "\u2028{}", "\v{}", "\f{}", " \t\n{} \n", "{} x", "{}{}", "[] []", "1 2", "1true", "true1", "\"a\"1", "{}//c", "/*c*/{}", "{/**/}", "#c\n{}", "/", "[1]/*",
        "{\"__proto__\":1}", "{\"\":1}", "\u200b{}", "`a`", "{\"a\":\"b\"}\\", "\\u007b\\u007d",
    ];

    /// <summary>A body that counts, with a few characters taken away, put in or changed.</summary>
    private static IEnumerable<string> Mutated(Random random)
    {
        const string body = """{"orderId": 7, "note": "a\u00e9\n\"b\"", "list": [1, -2.5e3, true, null, {"x": []}], "empty": ""}""";
        const string characters = "{}[]:,\"\\/ \n\t01-+.eEutrnf😀NaN'#\uFEFF\0";
        for (int i = 0; i < Mutants; i++)
        {
            var text = new StringBuilder(body);
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0:
                        text.Remove(at, 1);
                        break;
                    case 1:
                        text.Insert(at, PickFrom(characters));
                        break;
                    default:
                        text.Remove(at, 1).Insert(at, PickFrom(characters));
                        break;
                }
            }

            yield return text.ToString();
        }

        // A pair of surrogates counts as the two that it is, so that halves are among them.
        string PickFrom(string from) => from[random.Next(from.Length)].ToString();
    }

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    /// <summary>Escaped on their way, since halves of pairs would not arrive.</summary>
    private static async Task<Typed[]> TypeAsync(Visit visit, string[] texts)
    {
        string[] escaped = [.. texts.Select(text => string.Concat(text.Select(unit => $"\\u{(int)unit:x4}")))];
        return JsonSerializer.Deserialize<Typed[]>(await visit.Page.EvaluateAsync<string>(TypeAll, new object[] { "Body", escaped }), JsonSerializerOptions.Web)!;
    }

    private async Task<Visit> OpenEditorAsync(StubNode node, string language)
    {
        Visit visit = await Visit.OpenAsync(chromium, node.Address, Path, language);
        string id = $"{0:x32}";
        await visit.Button(language.StartsWith("zh", StringComparison.Ordinal) ? $"修正 {id}" : $"Edit {id}").ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Status)).ToBeVisibleAsync(
            new LocatorAssertionsToBeVisibleOptions { Timeout = Visit.PatienceMs });
        return visit;
    }

    private sealed record Typed(bool IsJson, bool IsTaken, string Words);
}
