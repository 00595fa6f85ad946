import { ParseErrorCode, visit } from "jsonc-parser";
import type { Word } from "./i18n/language";

/** How deep streams read a body; what is nested deeper they reject. */
const MAX_DEPTH = 64;

const WORDS: Record<ParseErrorCode, Word> = {
    [ParseErrorCode.InvalidSymbol]: "json.symbol",
    [ParseErrorCode.InvalidNumberFormat]: "json.number",
    [ParseErrorCode.PropertyNameExpected]: "json.property",
    [ParseErrorCode.ValueExpected]: "json.value",
    [ParseErrorCode.ColonExpected]: "json.colon",
    [ParseErrorCode.CommaExpected]: "json.comma",
    [ParseErrorCode.CloseBraceExpected]: "json.brace",
    [ParseErrorCode.CloseBracketExpected]: "json.bracket",
    [ParseErrorCode.EndOfFileExpected]: "json.end",
    [ParseErrorCode.InvalidCommentToken]: "json.comment",
    [ParseErrorCode.UnexpectedEndOfComment]: "json.comment",
    [ParseErrorCode.UnexpectedEndOfString]: "json.string",
    [ParseErrorCode.UnexpectedEndOfNumber]: "json.number",
    [ParseErrorCode.InvalidUnicode]: "json.unicode",
    [ParseErrorCode.InvalidEscapeCharacter]: "json.escape",
    [ParseErrorCode.InvalidCharacter]: "json.control",
};

/** The first thing for which a text is no JSON that streams read; line and column count from 1, columns in characters. */
export interface JsonFault {
    word: Word;
    line: number;
    column: number;
}

/** Ends a visit, which else goes on behind a fault, and as deep as a text is nested. */
class Found extends Error {
    constructor(readonly fault: JsonFault) {
        super();
    }
}

/** Why a text is no JSON; null where it is. A byte-order mark is skipped, as streams do. */
export function jsonFault(text: string): JsonFault | null {
    const json = text.replace(/^\uFEFF/, "");
    let depth = 0;

    function end(word: Word, offset: number, line: number, character: number): never {
        const column = [...json.slice(offset - character, offset)].length + 1;
        throw new Found({ word, line: line + 1, column });
    }

    function begin(offset: number, _length: number, line: number, character: number): void {
        depth++;
        if (depth > MAX_DEPTH) {
            end("json.depth", offset, line, character);
        }
    }

    function close(): void {
        depth--;
    }

    try {
        visit(
            json,
            {
                onObjectBegin: begin,
                onArrayBegin: begin,
                onObjectEnd: close,
                onArrayEnd: close,
                onError: (error, offset, _length, line, character) => end(WORDS[error], offset, line, character),
            },
            { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
        );
        return null;
    } catch (error) {
        if (error instanceof Found) {
            return error.fault;
        }

        throw error;
    }
}
