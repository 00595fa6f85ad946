import { useState } from "preact/hooks";
import { Refusal } from "../api/client";
import { openSession } from "../state/opening";
import { forgetToken, keepToken, session } from "../state/session";
import { Heading } from "../parts/Heading";
import { t } from "../i18n/language";

/** Asks for the token. It is sent as a header and never put into an address. */
export function Login(props: { reason: "needed" | "refused" | "limited" }) {
    const [value, setValue] = useState("");
    async function submit(event: Event): Promise<void> {
        event.preventDefault();
        keepToken(value.trim());
        try {
            await openSession();
        } catch (error) {
            forgetToken();
            session.set({ state: "locked", reason: error instanceof Refusal && error.status === 429 ? "limited" : "refused" });
        }
    }

    return (
        <form class="card login" onSubmit={(event) => void submit(event)}>
            <Heading text={t("login.title")} />
            <p role="alert">{t(`login.${props.reason}`)}</p>
            <label for="token">{t("login.token")}</label>
            <input id="token" type="password" autocomplete="current-password" aria-describedby="token-hint" required value={value} onInput={(event) => setValue(event.currentTarget.value)} />
            <p id="token-hint" class="muted">
                {t("login.hint")}
            </p>
            <button class="primary" type="submit">
                {t("login.submit")}
            </button>
        </form>
    );
}
