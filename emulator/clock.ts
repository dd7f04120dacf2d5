/** Time as the emulator sees it: it may run faster than real time and can be moved forward. */
export interface VirtualClock {
  /** Virtual time in milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once at the virtual time `atMs` (at once, but never synchronously, when that is past). Returns a function that cancels it. */
  schedule(atMs: number, run: () => void): () => void;
  /** Virtual milliseconds per real millisecond. */
  speed(): number;
  /** Changes the speed from now on. Throws RangeError unless it is finite and not negative; 0 stops the time. */
  setSpeed(speed: number): void;
  /** Moves the time forward by `ms`; everything due on the way runs first, in order of its time. */
  advance(ms: number): void;
}

export interface VirtualClockOptions {
  readonly speed?: number;
  /** Virtual time at the start, milliseconds since the epoch; the real time when absent. */
  readonly startMs?: number;
  /** A source of real time in milliseconds that never goes back. */
  readonly realNow?: () => number;
  /** Told about an event that threw: one broken event must not stop the others. */
  readonly onError?: (error: unknown) => void;
}

interface Event {
  readonly atMs: number;
  readonly run: () => void;
}

// Longer delays overflow Node's 32-bit timers and would fire at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Creates a clock whose timers never keep the process alive. */
export function createClock(options: VirtualClockOptions = {}): VirtualClock {
  const realNow = options.realNow ?? (() => performance.now());
  const onError = options.onError ?? rethrowLater;
  let speed = checkedSpeed(options.speed ?? 1);
  let realBase = realNow();
  let virtualBase = options.startMs ?? Date.now();
  let frozenAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const events: Event[] = [];

  const flowing = (): number => virtualBase + (realNow() - realBase) * speed;
  const now = (): number => Math.floor(frozenAt ?? flowing());

  function rebase(virtualMs: number): void {
    virtualBase = virtualMs;
    realBase = realNow();
  }

  function runUntil(untilMs: number): void {
    const outer = frozenAt;
    try {
      for (let next = events[0]; next && next.atMs <= untilMs; next = events[0]) {
        events.shift();
        frozenAt = Math.max(next.atMs, outer ?? -Infinity);
        try {
          next.run();
        } catch (error) {
          onError(error);
        }
      }
    } finally {
      frozenAt = outer;
    }
  }

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    const next = events[0];
    if (!next || frozenAt !== undefined) return;
    const dueMs = next.atMs - flowing();
    if (speed === 0 && dueMs > 0) return;
    const delayMs = dueMs <= 0 ? 0 : Math.ceil(dueMs / speed);
    timer = setTimeout(
      () => {
        runUntil(flowing());
        arm();
      },
      Math.min(delayMs, LONGEST_TIMER_MS),
    );
    timer.unref();
  }

  return {
    now,
    schedule(atMs, run) {
      const event: Event = { atMs, run };
      const index = events.findIndex((other) => other.atMs > atMs);
      events.splice(index === -1 ? events.length : index, 0, event);
      arm();
      return () => {
        const at = events.indexOf(event);
        if (at === -1) return;
        events.splice(at, 1);
        arm();
      };
    },
    speed: () => speed,
    setSpeed(value) {
      checkedSpeed(value);
      rebase(flowing());
      speed = value;
      arm();
    },
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`advance: ${String(ms)} ms`);
      const target = (frozenAt ?? flowing()) + ms;
      runUntil(target);
      if (frozenAt === undefined) rebase(Math.max(target, flowing()));
      arm();
    },
  };
}

function checkedSpeed(speed: number): number {
  if (!Number.isFinite(speed) || speed < 0) throw new RangeError(`speed: ${String(speed)}`);
  return speed;
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
