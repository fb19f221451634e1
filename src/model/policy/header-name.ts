// Names of HTTP headers, in lower case as HTTP/2 has them. Pseudo-headers are none.
import { z } from "zod";

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/;

export const headerNameSchema = z.string().toLowerCase().regex(TOKEN, "must be the name of a header");
