// Addresses of instances: IP literals only, each in one spelling, so that equal addresses compare equal as strings and
// match the keys of Envoy's load reports. IPv6 text follows RFC 5952; IPv4-mapped IPv6 becomes IPv4.
import { isIP } from "node:net";

export type AddressResult =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly detail: string };

const refused = (detail: string): AddressResult => ({ ok: false, detail });

/**
 * Canonical form of an address that a client may connect to, or why it is none.
 * Refused: hostnames, zone ids, brackets, the unspecified network, link-local, multicast, broadcast. Link-local ones
 * mean another host on every link, and one of them is the metadata service of most clouds: whoever registers it would
 * make every proxy its client.
 */
export function canonicalAddress(text: string): AddressResult {
  if (text.includes("%")) return refused("must not carry a zone id");
  const family = isIP(text);
  if (family === 0) return refused("must be an IPv4 or IPv6 literal, without brackets; host names are not resolved");
  if (family === 4) return canonicalV4(text);
  const words = ipv6Words(text);
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (mapped) {
    const [high = 0, low = 0] = words.slice(6);
    return canonicalV4(`${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`);
  }
  if (words.every((word) => word === 0)) return refused("must not be the unspecified address");
  if (((words[0] ?? 0) & 0xffc0) === 0xfe80) return refused("must not be a link-local address");
  if (((words[0] ?? 0) & 0xff00) === 0xff00) return refused("must not be a multicast address");
  return { ok: true, address: formatWords(words) };
}

/** `10.0.0.1:80`, `[::1]:80`. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `isIP` has checked that there are four decimal octets without leading zeros. */
function canonicalV4(text: string): AddressResult {
  const first = Number(text.slice(0, text.indexOf(".")));
  if (first === 0) return refused("must not be in the unspecified network 0.0.0.0/8");
  if (text.startsWith("169.254.")) return refused("must not be a link-local address");
  if (first >= 224 && first <= 239) return refused("must not be a multicast address");
  if (text === "255.255.255.255") return refused("must not be the broadcast address");
  return { ok: true, address: text };
}

/** The eight 16-bit words of an IPv6 literal that `isIP` has accepted. */
function ipv6Words(text: string): readonly number[] {
  const cut = text.indexOf("::");
  if (cut < 0) return groupWords(text);
  const head = groupWords(text.slice(0, cut));
  const tail = groupWords(text.slice(cut + 2));
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function groupWords(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero words becomes `::`. */
function formatWords(words: readonly number[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < words.length; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = words.map((word) => word.toString(16));
  if (best.length < 2) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}
