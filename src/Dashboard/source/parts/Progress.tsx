import { useEffect, useState } from "preact/hooks";
import { whole } from "../format";
import { t } from "../i18n/language";
import type { Answer } from "../state/question";

/** What stands where an answer will be: that it is being found and for how long, that it was cancelled, or why there is none. */
export function Progress(props: { answer: Answer<unknown>; onCancel: () => void }) {
    const { answer, onCancel } = props;
    return (
        <div class="progress" role="status">
            {answer.state === "running" && (
                <p>
                    {t("question.running")} <Elapsed since={answer.since} />{" "}
                    {answer.step !== null && (
                        <>
                            <progress aria-label={t("question.days")} value={answer.step.done} max={answer.step.of} />{" "}
                            <span aria-hidden="true">{t("question.step", { done: whole(answer.step.done), of: whole(answer.step.of) })}</span>{" "}
                        </>
                    )}
                    <button onClick={onCancel}>{t("cancel")}</button>
                </p>
            )}
            {answer.state === "cancelled" && <p class="muted">{t("question.cancelled")}</p>}
            {answer.state === "failed" && <p class="failed">{answer.error}</p>}
        </div>
    );
}

/** Seconds, which a screen reader is not told each of. */
function Elapsed(props: { since: number }) {
    const [now, setNow] = useState(performance.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(performance.now()), 1000);
        return () => clearInterval(timer);
    }, []);
    return <span aria-hidden="true">{t("question.seconds", { seconds: whole(Math.max(0, Math.floor((now - props.since) / 1000))) })}</span>;
}
