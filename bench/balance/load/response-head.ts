// Reads exactly the responses that the bench makes: HTTP/1.1 with a content-length, from a lean backend (`bNN`) or made up
// by Envoy itself (a sentence). Anything else is an error and not a guess.

/** `backend` of an answer that no backend gave. */
export const NO_BACKEND = 255;

export interface Response {
  readonly status: number;
  /** 0..99, or NO_BACKEND. */
  readonly backend: number;
}

const LENGTH = /\r\ncontent-length: (\d{1,7})\r\n/i;

/**
 * The response that `text` (latin1) holds; undefined while it is not all there.
 * @throws Error when it is no such response, or goes on after its end
 */
export function parseResponse(text: string): Response | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const status = Number(text.slice(9, 12));
  const length = LENGTH.exec(text)?.[1];
  if (!text.startsWith("HTTP/1.1 ") || !(status >= 200 && status <= 599) || length === undefined) {
    throw new Error(`not a response of this bench: ${JSON.stringify(text.slice(0, 200))}`);
  }
  const bodyAt = headEnd + 4;
  const endsAt = bodyAt + Number(length);
  if (text.length < endsAt) return undefined;
  if (text.length > endsAt) throw new Error(`${text.length - endsAt} bytes after a response`);
  return { status, backend: backendOf(text, bodyAt, endsAt) };
}

function backendOf(text: string, from: number, to: number): number {
  if (to - from !== 3 || text[from] !== "b") return NO_BACKEND;
  const index = Number(text.slice(from + 1, to));
  return Number.isInteger(index) ? index : NO_BACKEND;
}
