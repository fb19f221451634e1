// A reference to a service by its name.
import { z } from "zod";
import { SERVICE_NAME_PATTERN, type ServiceName } from "../ids.js";

export const serviceNameSchema = z
  .string()
  .regex(SERVICE_NAME_PATTERN, "must be the name of a service") as unknown as z.ZodType<ServiceName, string>;
