import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/language";

let isFirst = true;

/** The view's heading and the document's title. It takes the focus when the view changes, so that a screen reader begins there. */
export function Heading(props: { text: string; children?: ComponentChildren }) {
    const heading = useRef<HTMLHeadingElement>(null);
    // Before the view is painted: whoever is quick has begun to type by then, and would lose the focus again.
    useLayoutEffect(() => {
        if (!isFirst) {
            heading.current?.focus({ preventScroll: true });
            scrollTo(0, 0);
        }

        isFirst = false;
    }, []);
    useEffect(() => {
        document.title = `${props.text} · ${t("title")}`;
    }, [props.text]);
    return (
        <div class="heading">
            <h1 tabIndex={-1} ref={heading}>
                {props.text}
            </h1>
            {props.children}
        </div>
    );
}
