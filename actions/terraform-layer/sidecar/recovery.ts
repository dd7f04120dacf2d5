import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Stack } from '../stacks/workspace.js';
import { parseStateFile, type StateFile } from '../state/state-file.js';
import type { Sidecar, SidecarName, Sidecars } from './sidecar.js';
import { instancesOf, missingFrom } from './state-resources.js';
import type { Tolerate } from './tolerance.js';

/** What was the state when an apply could not write this recovery. */
const baseSchema = z.object({
  version: z.literal(1),
  /** As the sidecar tells versions apart; absent where the state was written since, or is not known. */
  stateVersion: z.string().optional(),
  /** SHA-256 of the recovery's text. */
  digest: z.string(),
});

/** A state that an earlier apply could not write and that the state does not have. */
export interface Recovery {
  readonly text: string;
  /** Where it lies, for people. */
  readonly place: string;
  /** Undefined: it takes the state's place without anything being lost. */
  readonly obstacle: string | undefined;
  /**
   * Whether nothing says that an apply left it, and the state is newer: copies that earlier releases
   * kept before state operations lie under the same name. It is told, and stands in nobody's way.
   */
  readonly isOldCopy: boolean;
}

/** Where a second one lies; it takes the first one's place once that is gone. */
const nextName = 'recovery-next' satisfies SidecarName;

/**
 * The state that an earlier apply could not write and that nobody has put back yet. One whose every
 * resource the state has is none.
 */
export async function readRecovery(sidecar: Sidecar): Promise<Recovery | undefined> {
  const text = await sidecar.read('recovery');
  return text === undefined ? undefined : judgeRecovery(sidecar, text);
}

/** The same of the text of a recovery, where that was read already. */
export async function judgeRecovery(sidecar: Sidecar, text: string): Promise<Recovery | undefined> {
  const place = `${sidecar.place}recovery`;
  const saved = parseStateFile(text);
  const version = await sidecar.stateVersion();
  const currentText = await sidecar.stateText();
  const current = currentText === undefined ? undefined : parseStateFile(currentText);
  if (saved !== undefined && current !== undefined && isIncluded(saved, current)) return undefined;
  const obstacle = obstacleOf(saved, current, currentText !== undefined);
  const base = await sidecar.read('recovery-base').catch(() => 'unreadable');
  if (obstacle !== undefined) {
    const isOldCopy =
      base === undefined &&
      saved !== undefined &&
      current !== undefined &&
      isOvertaken(saved, current);
    return { text, place, obstacle, isOldCopy };
  }
  const proven = base !== undefined && version !== undefined && isBase(base, text, version);
  return {
    ...{ text, place, isOldCopy: false },
    obstacle: proven ? undefined : 'it cannot be told whether the state was written since',
  };
}

function obstacleOf(
  saved: StateFile | undefined,
  current: StateFile | undefined,
  exists: boolean,
): string | undefined {
  if (saved === undefined) return 'it cannot be read here';
  if (!exists) return undefined;
  if (current === undefined) return 'the state cannot be read here';
  if (saved.lineage !== current.lineage) return 'another state lies in its place';
  if (saved.serial > current.serial) return undefined;
  const lacking = missingFrom(instancesOf(saved), current).length;
  return `the state was written since, without ${lacking} of its resources`;
}

function isOvertaken(saved: StateFile, current: StateFile): boolean {
  return saved.lineage === current.lineage && saved.serial <= current.serial;
}

/** Whether a state has all that an older one has: only then the older one may be forgotten. */
function isIncluded(saved: StateFile, current: StateFile): boolean {
  return isOvertaken(saved, current) && missingFrom(instancesOf(saved), current).length === 0;
}

function isBase(text: string, recovery: string, stateVersion: string): boolean {
  const base = parseJsonAs(baseSchema, text);
  return base?.stateVersion === stateVersion && base.digest === digestOf(recovery);
}

/**
 * Keeps a state that an apply could not write, and returns its place. One that is there already and
 * is not in the new one stays: the new one then lies beside it.
 *
 * @param base version of the state that the apply has left, where nothing was written since
 */
export async function writeRecovery(
  sidecar: Sidecar,
  text: string,
  base: string | undefined,
): Promise<string> {
  const name = await freeName(sidecar, text);
  await sidecar.write(name, text);
  if (name === 'recovery') await writeBase(sidecar, text, base);
  return `${sidecar.place}${name}`;
}

/** Without a base the state is kept all the same, and a person puts it back. */
async function writeBase(
  sidecar: Sidecar,
  text: string,
  stateVersion: string | undefined,
): Promise<void> {
  const known = {
    version: 1 as const,
    digest: digestOf(text),
    ...(stateVersion === undefined ? {} : { stateVersion }),
  };
  await sidecar.write('recovery-base', `${JSON.stringify(known)}\n`).catch(() => undefined);
}

async function freeName(sidecar: Sidecar, text: string): Promise<SidecarName> {
  const beside: SidecarName = `recovery-${digestOf(text).slice(0, 16)}`;
  try {
    for (const name of ['recovery', nextName] as const) {
      const older = await sidecar.read(name);
      if (older === undefined || older === text) return name;
      const [saved, current] = [parseStateFile(older), parseStateFile(text)];
      if (saved !== undefined && current !== undefined && isIncluded(saved, current)) return name;
    }
    return beside;
  } catch {
    // What cannot be looked at must not be written over.
    return beside;
  }
}

/**
 * Forgets a recovery. A second one takes its place, for a person to look at: it was made on another
 * state. Returns whether there was one.
 */
export async function removeRecovery(sidecar: Sidecar): Promise<{ readonly isNext: boolean }> {
  const next = await sidecar.read(nextName);
  if (next === undefined) {
    await sidecar.remove('recovery');
    await sidecar.remove('recovery-base');
    return { isNext: false };
  }
  await sidecar.write('recovery', next);
  await writeBase(sidecar, next, undefined);
  await sidecar.remove(nextName);
  return { isNext: true };
}

/** What to do about a state that was not put back, for a log and a page. */
export const recoveryWords =
  'To put it back: command "state", state-operations "restore recovery", which shows first what is lost and what comes with "dry-run". To drop it: "forget recovery".';

/** A state that waits to be put back, for a log. */
export function recoveryText(
  { displayId }: Pick<Stack, 'displayId'>,
  place: string,
  obstacle: string | undefined,
): string {
  const next =
    obstacle === undefined ? 'The next apply puts it back.' : `${obstacle}. ${recoveryWords}`;
  return `An apply of ${displayId} could not write its state, which is in ${place}. ${next}`;
}

/** A state that may be a copy, for a log. */
export function oldCopyText({ displayId }: Pick<Stack, 'displayId'>, place: string): string {
  return `${displayId}: ${place} is older than the state, and may be a copy that an earlier release kept. It is left alone. ${recoveryWords}`;
}

/** The recovery of a stack for a run that only tells of it; undefined where it cannot be asked for. */
export async function pendingRecovery(
  stack: Stack,
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<Recovery | undefined> {
  const sidecar = sidecars(stack);
  if (sidecar === undefined) return undefined;
  const consequence = 'whether a state of an earlier apply waits to be put back is not known';
  return tolerate({ fallback: undefined, consequence }, () => readRecovery(sidecar));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
