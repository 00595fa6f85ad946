import type { ComponentChildren } from "preact";
import { go } from "../state/route";

/** A real link that changes the view without loading the page anew. */
export function Link(props: { href: string; children: ComponentChildren; class?: string; current?: boolean }) {
    return (
        <a
            href={props.href}
            class={props.class}
            aria-current={props.current ? "page" : undefined}
            onClick={(event) => {
                if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
                    event.preventDefault();
                    go(props.href);
                }
            }}
        >
            {props.children}
        </a>
    );
}
