import { OperationError } from '../../shared/errors.js';
import { shortName } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { mostAtOnce, revisionsToDeregister, type RevisionFacts } from './keep.js';
import { readRevisionFacts } from './usage.js';

type Ports = Pick<DeployPorts, 'revisions' | 'log'>;

export interface KeepRevisions {
  readonly families: readonly string[];
  /** In each family. */
  readonly keep: number;
  /** ARNs that stay whatever happens: what ran before, the last release, what runs now. */
  readonly never: readonly string[];
}

/** What is known of the revisions, by family; `undefined` where a listing is refused, which is told. */
export async function findRevisionFacts(
  ports: Ports,
  { families, keep }: Pick<KeepRevisions, 'families' | 'keep'>,
): Promise<ReadonlyMap<string, RevisionFacts> | undefined> {
  try {
    return await readRevisionFacts(ports, families, keep);
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    ports.log.notice(
      `keep-revisions: nothing is deregistered, as it cannot be told what is in use: ${thrown.message}`,
    );
    return undefined;
  }
}

/**
 * Deregisters old revisions. It tidies up after a success, so nothing that goes wrong here fails
 * the deploy.
 *
 * @returns the ARNs deregistered
 */
export async function deregisterOldRevisions(
  ports: Ports,
  request: KeepRevisions,
): Promise<readonly string[]> {
  const done: string[] = [];
  const facts = await findRevisionFacts(ports, request);
  if (facts === undefined) return done;
  const going = [...facts.values()].flatMap((family) =>
    revisionsToDeregister(family, request.keep, request.never),
  );
  for (const arn of going.slice(0, mostAtOnce)) {
    try {
      await ports.revisions.deregister(arn);
      done.push(arn);
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      ports.log.notice(`keep-revisions: ${shortName(arn)} stays: ${thrown.message}`);
      break;
    }
  }
  if (done.length > 0) ports.log.info(`deregistered ${done.map(shortName).join(', ')}`);
  return done;
}
