import { Observable } from "./observable";

export type Role = "reader" | "analyst" | "operator";

/** Who looks. `unknown` until the node has said so; `locked` where it asks for a token. */
export type Session =
    | { state: "unknown" }
    | { state: "locked"; reason: "needed" | "refused" | "limited" }
    | { state: "open"; role: Role; byToken: boolean };

const TOKEN_KEY = "dataload.token";

export const session = new Observable<Session>({ state: "unknown" });

/** The token lives as long as the tab: no cookie, so no other site can make use of it. */
export function token(): string | null {
    return sessionStorage.getItem(TOKEN_KEY);
}

export function keepToken(value: string): void {
    sessionStorage.setItem(TOKEN_KEY, value);
}

export function forgetToken(): void {
    sessionStorage.removeItem(TOKEN_KEY);
}

/** Whether users and sessions may be shown. */
export function maySeePeople(value: Session): boolean {
    return value.state === "open" && value.role !== "reader";
}

export function isOperator(value: Session): boolean {
    return value.state === "open" && value.role === "operator";
}
