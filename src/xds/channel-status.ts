// The public summary of a channel that sends by name; the same for both variants.
import type { ChannelStatus } from "./channel.js";
import type { Ledger } from "./ledger.js";
import type { Subscription } from "./subscription.js";

/** Names listed with an error; a response can hold thousands. */
const MAX_NAMES = 16;

export function ledgerStatus(typeUrl: string, subscription: Subscription, ledger: Ledger): ChannelStatus {
  const { sent, acked } = ledger.versions;
  const { error } = ledger.refusals;
  const settled = ledger.idle && ledger.unanswered === 0;
  return {
    typeUrl,
    all: subscription.all,
    names: subscription.names,
    sentVersion: sent,
    ackedVersion: acked,
    state: error
      ? "NACKED"
      : settled && isUpToDate(sent, ledger)
        ? "SYNCED"
        : sent === undefined
          ? "NOT_SENT"
          : "STALE",
    error: error && { ...error, resources: firstNames(ledger.refusals.names()) },
  };
}

/** Something was sent, or there was no need to: a client that came back had it all. */
function isUpToDate(sent: string | undefined, ledger: Ledger): boolean {
  return sent !== undefined || ledger.names().next().done === false;
}

export function firstNames(names: Iterable<string>): readonly string[] {
  const first: string[] = [];
  for (const name of names) {
    if (first.length === MAX_NAMES) break;
    first.push(name);
  }
  return first;
}
