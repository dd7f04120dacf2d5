import type { Clock } from '../../shared/clock.js';
import type { Stack } from '../stacks/workspace.js';
import { heldLockIn } from '../terraform/held-lock.js';
import { s3PlaceOf } from './backend-place.js';
import { forgetLock, formatLockNote, noteName } from './lock-notes.js';
import type { Sidecar, Sidecars } from './sidecar.js';
import type { Tolerate } from './tolerance.js';

/** A Terraform that may take its state's lock, and the log in which it says so. */
export interface WatchedChild {
  readonly stack: Stack;
  /** Of Terraform: `apply`, `state mv`. */
  readonly command: string;
  readonly lockLog: string;
}

/** Looks after the word of one lock, from before Terraform starts. */
export interface LockWatch {
  /** Called once Terraform has ended; `heldLockId` is the lock that still stands after it. */
  close(heldLockId: string | undefined): Promise<void>;
}

export type WatchLock = (child: WatchedChild) => LockWatch;

export interface LockWatchPorts {
  readonly sidecars: Sidecars;
  readonly tolerate: Tolerate;
  readonly clock: Clock;
  /** Address of this run; without one there is no word to leave. */
  readonly runUrl: string | undefined;
}

const pauseMilliseconds = 250;
/** A plan's lock that is gone by then costs no request; only a plan may be that quick and harmless. */
const planGraceMilliseconds = 3000;
const consequence = 'which run holds the lock of a state is not noted';

const nobody: LockWatch = { close: () => Promise.resolve() };

/**
 * Leaves word beside the state of which run holds its lock, and takes it back: one write and one
 * removal for each command that changes something, none for a plan that is done in three seconds.
 * A lock that still stands after Terraform keeps its word. Only S3 states have locks that outlive
 * their process, and only with them Terraform tells the id.
 */
export function lockWatch(ports: LockWatchPorts): WatchLock {
  const { runUrl } = ports;
  return (child) => {
    const sidecar = runUrl === undefined ? undefined : lockedSidecar(child.stack, ports);
    if (sidecar === undefined || runUrl === undefined) return nobody;
    return new Watch(sidecar, child, runUrl, ports);
  };
}

function lockedSidecar(stack: Stack, { sidecars }: LockWatchPorts): Sidecar | undefined {
  const locks = s3PlaceOf(stack)?.place.locks;
  return locks?.file === true || locks?.table !== undefined ? sidecars(stack) : undefined;
}

class Watch implements LockWatch {
  readonly #sidecar: Sidecar;
  readonly #child: WatchedChild;
  readonly #runUrl: string;
  readonly #ports: LockWatchPorts;
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;
  #noted: string | undefined;

  constructor(sidecar: Sidecar, child: WatchedChild, runUrl: string, ports: LockWatchPorts) {
    this.#sidecar = sidecar;
    this.#child = child;
    this.#runUrl = runUrl;
    this.#ports = ports;
    this.#watching = this.#watch();
  }

  async close(heldLockId: string | undefined): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    const noted = this.#noted;
    if (heldLockId !== undefined && heldLockId !== noted) await this.#note(heldLockId);
    if (noted === undefined || noted === heldLockId) return;
    await this.#tolerated(() => forgetLock(this.#sidecar, noted));
  }

  async #watch(): Promise<void> {
    const { command, lockLog } = this.#child;
    let lockId: string | undefined;
    while (lockId === undefined) {
      if (!(await this.#pause(pauseMilliseconds))) return;
      lockId = await this.#held(lockLog);
    }
    if (command === 'plan') {
      if (!(await this.#pause(planGraceMilliseconds))) return;
      if ((await this.#held(lockLog)) !== lockId) return;
    }
    await this.#note(lockId);
  }

  #held(lockLog: string): Promise<string | undefined> {
    return heldLockIn(lockLog, () => this.#sidecar.lockText());
  }

  /** False where Terraform has ended meanwhile. */
  async #pause(milliseconds: number): Promise<boolean> {
    const { signal } = this.#closing;
    await this.#ports.clock.sleep(milliseconds, signal).catch(() => undefined);
    return !signal.aborted;
  }

  async #note(lockId: string): Promise<void> {
    const name = noteName(lockId);
    if (name === undefined) return;
    // Before the attempt: one that failed half way may have written it.
    this.#noted = lockId;
    await this.#tolerated(() =>
      this.#sidecar.write(
        name,
        formatLockNote({
          version: 1,
          lockId,
          runUrl: this.#runUrl,
          command: this.#child.command,
          at: new Date(this.#ports.clock.now()).toISOString(),
        }),
      ),
    );
  }

  #tolerated(body: () => Promise<void>): Promise<void> {
    return this.#ports.tolerate({ fallback: undefined, consequence }, body);
  }
}
