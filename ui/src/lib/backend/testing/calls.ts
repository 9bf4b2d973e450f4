/** What every operation of the scripted practice does first: it is written down, and fails when a test said so. */
import type { ApiError } from "$bindings/ApiError";
import type { ErrorCode } from "$bindings/ErrorCode";
import type { Backend } from "../backend";

export abstract class Calls {
  /** Every call, in order: name and argument. */
  calls: { name: string; request: unknown }[] = [];
  #faults = new Map<string, ErrorCode>();

  /** The next call of this operation fails. */
  fault(name: keyof Backend, code: ErrorCode): void {
    this.#faults.set(name, code);
  }

  callsOf(name: string): unknown[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.request);
  }

  protected did<T>(name: string, request: unknown, answer: T): T {
    this.calls.push({ name, request });
    const code = this.#faults.get(name);
    if (code !== undefined) {
      this.#faults.delete(name);
      throw this.error(code);
    }
    return answer;
  }

  protected error(code: ErrorCode): ApiError {
    return { code, detail: null };
  }
}
