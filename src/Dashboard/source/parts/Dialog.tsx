import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/language";

/** A modal dialog, also over another one: the browser keeps the focus inside, closes it at Escape and gives the focus back. */
export function Dialog(props: { title: string; children: ComponentChildren; onClose: () => void; confirm?: string; onConfirm?: () => void; wide?: boolean; isBusy?: boolean }) {
    const title = useId();
    const dialog = useRef<HTMLDialogElement>(null);
    useLayoutEffect(() => {
        const before = document.activeElement;
        dialog.current!.showModal();
        return () => {
            if (before instanceof HTMLElement && before.isConnected) {
                before.focus();
            }
        };
    }, []);
    return (
        <dialog ref={dialog} class={props.wide ? "wide" : undefined} aria-labelledby={title} onClose={props.onClose}>
            <h2 id={title}>{props.title}</h2>
            {props.children}
            <div class="actions">
                <button onClick={props.onClose}>{props.onConfirm ? t("cancel") : t("close")}</button>
                {props.onConfirm && (
                    <button class="primary" disabled={props.isBusy} onClick={props.onConfirm}>
                        {props.confirm}
                    </button>
                )}
            </div>
        </dialog>
    );
}
