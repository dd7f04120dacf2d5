import type { VirtualClock } from '../clock.js';
import type { Arns } from './arns.js';
import type { State } from './model.js';
import type { Images, Logs } from './ports.js';
import type { Timings } from './timings.js';

/** What every part of the emulated ECS works on. */
export interface Context {
  readonly clock: VirtualClock;
  readonly arns: Arns;
  readonly timings: Timings;
  readonly images: Images;
  readonly logs: Logs;
  state: State;
  /** Runs later in virtual time, unless the emulator was reset meanwhile. Returns a cancel. */
  after(delayMs: number, run: () => void): () => void;
  /** Queues work that leaves the virtual clock (registry, logs), so that log lines keep their order. */
  background(work: () => Promise<unknown>): void;
}
