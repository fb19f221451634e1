// Host names that a route answers to, as Envoy knows them: one name, `*.x` or `*-x`, `x.*` or `x-*`, or `*` for whatever no
// other route has. The most specific wins. In lower case, for Envoy compares so and takes each domain once only.
import { z } from "zod";

const LABELS = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)$/;
const IPV6 = /^\[[0-9a-f:.]+\]$/;
const MAX_CHARS = 253;

export const domainSchema = z
  .string()
  .max(MAX_CHARS)
  .toLowerCase()
  .superRefine((domain, context) => {
    const fault = domainFault(domain);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

function domainFault(domain: string): string | undefined {
  if (domain === "*" || LABELS.test(domain) || IPV6.test(domain)) return undefined;
  if (/:(?:\d+|\*)$/.test(domain) && !domain.startsWith("[")) {
    return "must be without a port: the port of a request's host is not looked at";
  }
  const stars = domain.split("*").length - 1;
  if (stars > 1) return "must have one * at most, at its beginning or end";
  const isSuffix = /^\*[.-]/.test(domain) && LABELS.test(domain.slice(2));
  const isPrefix = /[.-]\*$/.test(domain) && LABELS.test(domain.slice(0, -2));
  return isSuffix || isPrefix ? undefined : "must be a host name, *.NAME, *-NAME, NAME.*, NAME-* or *";
}
