import { named } from "../i18n/language";

const TONES: Record<string, string> = {
    running: "good",
    computing: "good",
    ready: "good",
    degraded: "warn",
    "not-ready": "bad",
    failing: "bad",
    paused: "warn",
    stopped: "warn",
    waiting: "warn",
    Up: "good",
    Joining: "warn",
    WeaklyUp: "warn",
    Leaving: "warn",
    Exiting: "warn",
    Down: "bad",
    unreachable: "bad",
};

/** A state as a word; its colour says nothing that the word does not. */
export function Badge(props: { state: string }) {
    return <span class={`badge ${TONES[props.state] ?? "plain"}`}>{named("state", props.state)}</span>;
}
