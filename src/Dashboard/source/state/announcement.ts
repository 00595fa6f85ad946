import { Observable } from "./observable";

/** The last thing that was done or went wrong, for eyes and for screen readers. Numbers that move are never told here. */
export const announcement = new Observable<{ text: string; isError: boolean }>({ text: "", isError: false });

export function announce(text: string): void {
    announcement.set({ text, isError: false });
}

export function complain(error: unknown): void {
    announcement.set({ text: error instanceof Error ? error.message : String(error), isError: true });
}
