// How the listener tells an application that its long-lived answers must end now: an event stream is never idle, and
// closing the listener would wait for it.
import type { Express } from "express";

const closers = new WeakMap<Express, (() => void)[]>();

export function onStopping(app: Express, close: () => void): void {
  closers.set(app, [...(closers.get(app) ?? []), close]);
}

export function stopStreams(app: Express): void {
  for (const close of closers.get(app) ?? []) close();
}
