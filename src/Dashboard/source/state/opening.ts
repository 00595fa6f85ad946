import { get } from "../api/client";
import type { WhoAmI } from "../api/types";
import { loadCatalog } from "./catalog";
import { startLive } from "./live";
import { session } from "./session";

/** Learns who looks, reads what the node counts, and begins to listen. */
export async function openSession(): Promise<void> {
    const who = await get<WhoAmI>("/whoami");
    await loadCatalog();
    session.set({ state: "open", role: who.role, byToken: who.authentication === "token" });
    startLive();
}
