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

export function address(path: string, query: Record<string, string | number | undefined | null> = {}): string {
    const text = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
        if (value !== undefined && value !== null && value !== "") {
            text.set(key, String(value));
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
export function amend(changes: Record<string, string | number | undefined | null>): void {
    const query = Object.fromEntries(new URLSearchParams(location.search));
    history.replaceState(null, "", address(location.pathname, { ...query, ...changes }));
    route.set(read());
}
