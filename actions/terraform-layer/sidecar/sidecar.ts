import type { Stack } from '../stacks/workspace.js';
import type { StateVersions } from './state-versions.js';

/**
 * Small objects that stand beside a stack's state, under the same access and retention:
 * what was last applied, the journal of a running apply, a state that could not be written,
 * when drift was last looked for, which run holds the lock, and review records where artifacts are
 * not available.
 */
export type SidecarName =
  | 'applied'
  | 'journal'
  | 'recovery'
  /** A second recovery (`-next`) and further ones, and what is known of the first (`-base`). */
  | `recovery-${string}`
  /** The state before it was changed by hand. */
  | 'copy'
  | 'drift'
  | `lock/${string}`
  | `review/${string}`;

/**
 * One stack's sidecar. Its methods throw OperationError `sidecar-denied`, whose details name the
 * right that lacks, or `sidecar-failed`; `tolerance.ts` is for what must go on without it.
 */
export interface Sidecar {
  /** Where it lies, for people: `s3://bucket/key.infra/`. */
  readonly place: string;
  /** Text of an object, undefined where there is none. */
  read(name: SidecarName): Promise<string | undefined>;
  write(name: SidecarName, text: string): Promise<void>;
  remove(name: SidecarName): Promise<void>;
  /**
   * What changes whenever the state does (an ETag, a digest); `absent` where there is no state,
   * undefined where that cannot be told.
   */
  stateVersion(): Promise<string | undefined>;
  /**
   * The state itself, undefined where there is none. Holds sensitive values in clear: it must not
   * outlive the call.
   */
  stateText(): Promise<string | undefined>;
  /** What the backend wrote of who holds the lock, in a file or a table; undefined: nobody does. */
  lockText(): Promise<string | undefined>;
  /** Earlier versions of the state. */
  readonly versions: StateVersions;
}

/** Sidecars of a run's stacks; undefined where a backend has no place for one (`cloud`, `gcs`, …). */
export type Sidecars = (stack: Stack) => Sidecar | undefined;
