import { Observable } from "./observable";

/** Where we are: a path and its query, as the address bar shows them. */
export interface Route {
    path: string;
    query: URLSearchParams;
}

function read(): Route {
    return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export const route = new Observable<Route>(read());

addEventListener("popstate", () => route.set(read()));

/** What an address asks for: what is empty is left out, and each of a list stands, also the empty text. */
export type Query = Record<string, string | number | readonly string[] | undefined | null>;

export function address(path: string, query: Query = {}): string {
    return joined(path, new URLSearchParams(), query);
}

function joined(path: string, text: URLSearchParams, query: Query): string {
    for (const [key, value] of Object.entries(query)) {
        text.delete(key);
        if (Array.isArray(value)) {
            for (const one of value) {
                text.append(key, one);
            }
        } else if (value !== undefined && value !== null && value !== "") {
            text.append(key, String(value));
        }
    }

    const tail = text.toString();
    return tail === "" ? path : `${path}?${tail}`;
}

export function go(to: string): void {
    if (to !== location.pathname + location.search) {
        history.pushState(null, "", to);
        route.set(read());
    }
}

/** Changes parts of the query in place, so that a reload or a sent link shows the same. */
export function amend(changes: Query): void {
    history.replaceState(null, "", joined(location.pathname, new URLSearchParams(location.search), changes));
    route.set(read());
}
