import { t } from "../i18n/language";
import { hearClock } from "../state/clock";
import { address, type Query } from "../state/route";
import { forgetToken, session, token } from "../state/session";

const ROOT = "/api/v1";

/** What the node answered instead of what was asked for: its own sentence where it gave one. */
export class Refusal extends Error {
    constructor(readonly status: number, detail: string) {
        super(detail);
    }
}

async function refusal(response: Response, sent: string | null): Promise<Refusal> {
    let detail = `${response.status} ${response.statusText}`;
    if (response.headers.get("Content-Type")?.includes("json")) {
        const problem = (await response.json()) as { detail?: string; title?: string };
        detail = problem.detail ?? problem.title ?? detail;
    }

    // What was asked before somebody else logged in says nothing of their token.
    if (response.status === 401 && sent === token()) {
        forgetToken();
        session.set({ state: "locked", reason: sent === null ? "needed" : "refused" });
    }

    return new Refusal(response.status, detail);
}

async function send(path: string, headers: Record<string, string>, init: RequestInit = {}): Promise<Response> {
    const sent = token();
    const response = await fetch(ROOT + path, {
        ...init,
        headers: sent === null ? headers : { ...headers, Authorization: `Bearer ${sent}` },
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
    });
    if (!response.ok) {
        throw await refusal(response, sent);
    }

    hearClock(response.headers);
    return response;
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const response = await send(address(path, query), { Accept: "application/json" }, { signal: signal ?? null });
    return (await response.json()) as T;
}

/** How far the answer to a question is: so many of its days are read. */
export interface Step {
    done: number;
    of: number;
    counters: number;
}

/** Asks what may take long, and hears how far it is meanwhile. */
export async function askNode<T>(path: string, query: Query, signal: AbortSignal, hear: (step: Step) => void): Promise<T> {
    let answer: T | null = null;
    await events(address(path, query), signal, (event, data) => {
        if (event === "progress") {
            hear(JSON.parse(data) as Step);
        } else if (event === "answer") {
            answer = JSON.parse(data) as T;
        } else if (event === "problem") {
            const problem = JSON.parse(data) as { status: number; detail: string };
            throw new Refusal(problem.status, problem.detail);
        }
    });
    if (answer === null) {
        throw new Error(t("question.ended"));
    }

    return answer;
}

/** Changes something. The header is what no form of another site can send. */
export async function post<T>(path: string, body: unknown): Promise<T> {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-DataLoad-Request": "1" };
    const response = await send(path, headers, { method: "POST", body: JSON.stringify(body) });
    return (await response.json()) as T;
}

/** Saves an answer as a file. A plain link could not carry the token. */
export async function download(path: string, query: Query, name: string): Promise<void> {
    const response = await send(address(path, query), {});
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = name;
    link.click();
    // The browser has taken it by then; a leak of a few megabytes for a minute is harmless.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Opens server-sent events; ends when the node or the signal ends them. */
export async function events(path: string, signal: AbortSignal, hear: (event: string, data: string) => void): Promise<void> {
    const response = await send(path, { Accept: "text/event-stream" }, { signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }

        rest += value.replaceAll("\r\n", "\n");
        let end = rest.indexOf("\n\n");
        while (end >= 0) {
            dispatch(rest.slice(0, end), hear);
            rest = rest.slice(end + 2);
            end = rest.indexOf("\n\n");
        }
    }
}

function dispatch(block: string, hear: (event: string, data: string) => void): void {
    let event = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
        if (line.startsWith("event:")) {
            event = line.slice(6).trim();
        } else if (line.startsWith("data:")) {
            data.push(line.slice(5).replace(/^ /, ""));
        }
    }

    if (data.length > 0) {
        hear(event, data.join("\n"));
    }
}
