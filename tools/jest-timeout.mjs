// Jest takes no timeout per project, so each project's global is applied here.
import { jest } from "@jest/globals";

jest.setTimeout(globalThis.TEST_TIMEOUT_MS);
