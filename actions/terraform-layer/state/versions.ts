import { UserError } from '../../shared/errors.js';
import type { Stack } from '../stacks/workspace.js';
import type { StateVersion, StateVersions } from '../sidecar/state-versions.js';
import { parseStateDocument, withSerial, type StateDocument } from './state-document.js';

/** How many of the last versions are looked at; each is read for its serial. */
const shownCount = 15;

export interface ShownVersion extends StateVersion {
  /** Undefined where it is not a state that can be read. */
  readonly serial: number | undefined;
  readonly resources: number | undefined;
}

/** The last versions with what is in them, the newest first. */
export async function shownVersions(versions: StateVersions): Promise<readonly ShownVersion[]> {
  const listed = await versions.list(shownCount);
  return Promise.all(
    listed.map(async (version) => {
      const text = await versions.read(version.id);
      const document = text === undefined ? undefined : parseStateDocument(text);
      return { ...version, serial: document?.serial, resources: document?.instances.length };
    }),
  );
}

/**
 * Text of a version under a serial that Terraform takes as newer than the current one.
 *
 * @throws UserError `state-restore-not-supported`, `state-version-unknown` (with the last
 * versions), `state-version-unreadable`, `state-version-lineage`
 */
export async function chooseVersion(
  id: string,
  versions: StateVersions | undefined,
  current: StateDocument | undefined,
  { displayId, backend }: Pick<Stack, 'displayId' | 'backend'>,
): Promise<string> {
  const at = { input: 'state-operations' };
  if (versions === undefined) {
    throw new UserError({
      code: 'state-restore-not-supported',
      message: `versions of a "${backend.type}" state cannot be read from here`,
      at,
      hint: 'restore it where the backend keeps its versions',
    });
  }
  const text = await versions.read(id);
  if (text === undefined) {
    const known = (await shownVersions(versions)).map(
      ({ id: other, at: date, serial }) => `${other} (${date}, serial ${serial ?? 'unknown'})`,
    );
    throw new UserError({
      code: 'state-version-unknown',
      message: `the state of ${displayId} has no version "${id}"`,
      at,
      hint: known.length === 0 ? 'no version is kept' : `the last ones: ${known.join(', ')}`,
    });
  }
  const document = parseStateDocument(text);
  if (document === undefined) {
    throw new UserError({
      code: 'state-version-unreadable',
      message: `version "${id}" is not a state that can be read`,
      at,
    });
  }
  if (current !== undefined && current.lineage !== document.lineage) {
    throw new UserError({
      code: 'state-version-lineage',
      message: `version "${id}" is of another lineage (${document.lineage}) than the state (${current.lineage}): another state lay in this place`,
      at,
      hint: 'Terraform and OpenTofu refuse it too; their "state push -force" by hand is the only way',
    });
  }
  const serial = Math.max(current?.serial ?? 0, document.serial) + 1;
  return withSerial(text, serial) ?? text;
}
