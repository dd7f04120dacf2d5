import { randomBytes } from 'node:crypto';
import type { VirtualClock } from '../clock.js';
import type { TaskSets } from '../ecs/index.js';
import type { State } from './model.js';
import type { Timings } from './timings.js';

/** What every part of the emulated CodeDeploy works on. */
export interface Context {
  readonly clock: VirtualClock;
  readonly region: string;
  readonly accountId: string;
  readonly timings: Timings;
  readonly taskSets: TaskSets;
  state: State;
  /** Runs later in virtual time, unless the emulator was reset meanwhile. Returns a cancel. */
  after(delayMs: number, run: () => void): () => void;
  /** Queues work that leaves the virtual clock. */
  background(work: () => Promise<unknown>): void;
}

/** `d-` and nine capitals and digits, as deployment ids are. */
export function deploymentId(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const letters = [...randomBytes(9)].map((byte) => alphabet[byte % alphabet.length] ?? 'A');
  return `d-${letters.join('')}`;
}

export function applicationArn(context: Context, application: string): string {
  return `arn:aws:codedeploy:${context.region}:${context.accountId}:application:${application}`;
}

export function groupArn(context: Context, application: string, group: string): string {
  return `arn:aws:codedeploy:${context.region}:${context.accountId}:deploymentgroup:${application}/${group}`;
}
