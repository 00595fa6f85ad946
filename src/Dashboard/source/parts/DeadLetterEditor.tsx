import { useId, useState } from "preact/hooks";
import { get, post } from "../api/client";
import type { DeadLetter, DeadLetterEdit, DeadLetterMove } from "../api/types";
import { bytes } from "../format";
import { t } from "../i18n/language";
import { jsonFault } from "../json-fault";
import { useLoad } from "../state/load";
import { Dialog } from "./Dialog";
import { Waiting } from "./Waiting";

/** The one content type whose bodies are read as something else than JSON. */
const SERIALIZED_JAVA = "application/x-java-serialized-object";

/** Corrects a dead letter's body beside the reason for which it was rejected, and requeues it. */
export function DeadLetterEditor(props: { id: string; onClose: () => void; onDone: (move: DeadLetterMove) => void }) {
    const letter = useLoad(props.id, (signal) => get<DeadLetter>(`/dead-letters/messages/${props.id}`, {}, signal));
    if (letter.data !== null && typeof letter.data.body === "string") {
        return <Editor letter={letter.data} body={letter.data.body} onClose={props.onClose} onDone={props.onDone} />;
    }

    return (
        <Dialog wide title={t("dead.edit.title", { id: props.id })} onClose={props.onClose}>
            <Waiting of={letter} />
            {letter.data !== null && <p>{t("dead.edit.binary", { bytes: bytes(letter.data.bytes) })}</p>}
        </Dialog>
    );
}

function Editor(props: { letter: DeadLetter; body: string; onClose: () => void; onDone: (move: DeadLetterMove) => void }) {
    const { letter } = props;
    const [body, setBody] = useState(props.body);
    const [contentType, setContentType] = useState(letter.contentType ?? "");
    const [isAsked, setIsAsked] = useState(false);
    const [isBusy, setIsBusy] = useState(false);
    const [refusal, setRefusal] = useState<string | null>(null);
    const verdict = useId();
    const fault = contentType.toLowerCase() === SERIALIZED_JAVA ? null : whyNoJson(body);

    async function send(): Promise<void> {
        setIsAsked(false);
        setIsBusy(true);
        setRefusal(null);
        const edit: DeadLetterEdit = contentType === (letter.contentType ?? "") ? { body } : { body, contentType };
        try {
            const move = await post<DeadLetterMove>(`/dead-letters/messages/${letter.id}/edit`, edit);
            if (!move.skipped) {
                props.onDone(move);
                return;
            }

            setRefusal(t("dead.edit.left", { why: move.why ?? "" }));
            setIsBusy(false);
        } catch (error) {
            // What was typed stays in sight with what was wrong about it.
            setRefusal(error instanceof Error ? error.message : String(error));
            setIsBusy(false);
        }
    }

    return (
        <Dialog
            wide
            isBusy={isBusy}
            title={t("dead.edit.title", { id: letter.id })}
            confirm={t("dead.edit.send")}
            onClose={props.onClose}
            onConfirm={() => (fault === null ? void send() : setIsAsked(true))}
        >
            <p class="why">{t("dead.edit.reason", { reason: letter.reason, error: letter.error })}</p>
            <label class="field">
                {t("dead.edit.type")}
                <input value={contentType} maxLength={255} onInput={(event) => setContentType(event.currentTarget.value)} />
            </label>
            <label class="field">
                {t("dead.body")}
                <textarea rows={12} spellcheck={false} value={body} aria-invalid={fault !== null} aria-describedby={verdict} onInput={(event) => setBody(event.currentTarget.value)} />
            </label>
            <p id={verdict} role="status" class={fault === null ? "muted" : "failed"}>
                {fault === null ? t("dead.edit.json") : t("dead.edit.noJson", { why: fault })}
            </p>
            {refusal !== null && (
                <p class="failed" role="alert">
                    {refusal}
                </p>
            )}
            {isAsked && (
                <Dialog title={t("dead.edit.confirm.title")} confirm={t("dead.edit.confirm")} onClose={() => setIsAsked(false)} onConfirm={() => void send()}>
                    <p>{t("dead.edit.confirm.text", { why: fault ?? "" })}</p>
                </Dialog>
            )}
        </Dialog>
    );
}

/** Where and why a text is no JSON, as a sentence; null where it is. */
function whyNoJson(text: string): string | null {
    const fault = jsonFault(text);
    return fault && t("json.at", { line: fault.line, column: fault.column, what: t(fault.word) });
}
