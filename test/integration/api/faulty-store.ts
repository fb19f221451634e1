// A memory store whose writes can be made to fail, as a full disk or a store that is away would.
import { type ErrorCode, SteelyardError } from "../../../src/model/errors.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";

export class FaultyStore extends MemoryStore {
  failure: ErrorCode | undefined;

  override commit(...args: Parameters<MemoryStore["commit"]>): ReturnType<MemoryStore["commit"]> {
    if (this.failure) return Promise.reject(new SteelyardError(this.failure, "the store does not take writes"));
    return super.commit(...args);
  }
}
