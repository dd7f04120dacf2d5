import type { DeployPorts } from '../ports.js';
import type { RevisionFacts } from './keep.js';

const ownTag = 'infra-actions:';

/**
 * Reads the revisions of a family and everything that can be listed and may name one: services and
 * tasks of every cluster, schedules, rules.
 *
 * @throws OperationError where one listing cannot be read: then nobody knows what is used
 */
export async function readRevisionFacts(
  ports: Pick<DeployPorts, 'revisions'>,
  family: string,
  keep: number,
): Promise<RevisionFacts> {
  const { revisions } = ports;
  const active = await revisions.active(family);
  if (active.length <= keep) return { active, ours: new Set(), used: [] };
  const clusters = await revisions.clusterArns();
  const [ours, ...used] = await Promise.all([
    ownRevisions(ports, active, keep),
    revisions.usedBySchedules(),
    revisions.usedByRules(clusters),
    ...clusters.map((cluster) => revisions.usedByServices(cluster)),
    ...clusters.map((cluster) => revisions.usedByTasks(cluster, family)),
  ]);
  return { active, ours, used: used.flat() };
}

/**
 * Those of the family that carry our tag. Tags come by one call a revision, so they are read of
 * the newest, which shows whether we tag here at all, and from the oldest on.
 */
async function ownRevisions(
  { revisions }: Pick<DeployPorts, 'revisions'>,
  active: readonly string[],
  keep: number,
): Promise<ReadonlySet<string>> {
  const asked = new Set([...active.slice(0, 1), ...active.slice(keep).slice(-100)]);
  const tagged = await Promise.all(
    [...asked].map(async (arn) => {
      const keys = await revisions.tagKeys(arn);
      return keys.some((key) => key.startsWith(ownTag)) ? [arn] : [];
    }),
  );
  return new Set(tagged.flat());
}
