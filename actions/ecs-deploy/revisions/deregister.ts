import { OperationError } from '../../shared/errors.js';
import { shortName } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { revisionsToDeregister, type RevisionFacts } from './keep.js';
import { readRevisionFacts } from './usage.js';

type Ports = Pick<DeployPorts, 'revisions' | 'log'>;

export interface KeepRevisions {
  readonly family: string;
  readonly keep: number;
  /** ARNs that stay whatever happens: what ran before, the last release, what runs now. */
  readonly never: readonly string[];
}

/** What is known of the revisions; `undefined` where a listing is refused, which is told. */
export async function findRevisionFacts(
  ports: Ports,
  { family, keep }: Pick<KeepRevisions, 'family' | 'keep'>,
): Promise<RevisionFacts | undefined> {
  try {
    return await readRevisionFacts(ports, family, keep);
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
  for (const arn of revisionsToDeregister(facts, request.keep, request.never)) {
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
