import PQueue from 'p-queue';
import type { DeployPorts } from '../ports.js';
import type { RevisionFacts } from './keep.js';

const ownTag = 'infra-actions:';

/** Calls at once: ECS throttles an account that lists many clusters and families in one go. */
const callsAtOnce = 5;

/**
 * Reads the revisions of families and everything that can be listed and may name one: services and
 * tasks of every cluster, schedules, rules.
 *
 * @throws OperationError where one listing cannot be read: then nobody knows what is used
 */
export async function readRevisionFacts(
  ports: Pick<DeployPorts, 'revisions'>,
  families: readonly string[],
  keep: number,
): Promise<ReadonlyMap<string, RevisionFacts>> {
  const { revisions } = ports;
  const all = await Promise.all(
    families.map(async (family) => ({ family, active: await revisions.active(family) })),
  );
  const full = all.filter(({ active }) => active.length > keep);
  if (full.length === 0) return new Map();
  const queue = new PQueue({ concurrency: callsAtOnce });
  const clusters = await revisions.clusterArns();
  const [facts, ...used] = await Promise.all([
    Promise.all(
      full.map(async ({ family, active }) => ({
        ...{ family, active },
        ours: await ownRevisions(ports, queue, active, keep),
      })),
    ),
    revisions.usedBySchedules(),
    revisions.usedByRules(clusters),
    ...clusters.map((cluster) => queue.add(() => revisions.usedByServices(cluster))),
    ...clusters.flatMap((cluster) =>
      full.map(({ family }) => queue.add(() => revisions.usedByTasks(cluster, family))),
    ),
  ]);
  return new Map(
    facts.map(({ family, ...known }) => [family, { ...known, used: used.flat() }] as const),
  );
}

/**
 * Those of the family that carry our tag. Tags come by one call a revision, so they are read of
 * the newest, which shows whether we tag here at all, and from the oldest on.
 */
async function ownRevisions(
  { revisions }: Pick<DeployPorts, 'revisions'>,
  queue: PQueue,
  active: readonly string[],
  keep: number,
): Promise<ReadonlySet<string>> {
  const asked = new Set([...active.slice(0, 1), ...active.slice(keep).slice(-100)]);
  const tagged = await Promise.all(
    [...asked].map(async (arn) => {
      const keys = await queue.add(() => revisions.tagKeys(arn));
      return keys.some((key) => key.startsWith(ownTag)) ? [arn] : [];
    }),
  );
  return new Set(tagged.flat());
}
