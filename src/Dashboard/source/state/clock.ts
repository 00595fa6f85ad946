import { Observable } from "./observable";

/** The zone in which days are counted, and what day it is there: a node tells both with each answer, and the day also as it goes by. */
export const zone = new Observable<string>("UTC");
export const today = new Observable<string>("");

export function hearClock(headers: Headers): void {
    const toldZone = headers.get("X-DataLoad-Time-Zone");
    const toldDay = headers.get("X-DataLoad-Today");
    if (toldZone !== null && toldZone !== zone.value && isKnown(toldZone)) {
        zone.set(toldZone);
    }

    if (toldDay !== null && toldDay !== today.value) {
        today.set(toldDay);
    }
}

/** A browser that does not know the zone shows UTC, which each time says. */
function isKnown(name: string): boolean {
    try {
        return new Intl.DateTimeFormat("en-GB", { timeZone: name }) !== null;
    } catch {
        return false;
    }
}
