import type { Ports } from '../effects.js';
import { untroubled } from '../apply/untroubled.js';
import type { ApplyResult } from '../github/report-back.js';
import type { Inputs } from '../inputs.js';
import { artifactRecords } from '../records/publish.js';
import { formatLegResult, legResultName, type LegResult } from './leg-result.js';

/** Only the jobs of its own run look at it. */
const retentionDays = 7;

/** Leaves what came of a leg for the job that tells the pull requests; fails no apply. */
export async function leaveLegResult(
  { end, stacks, pulls }: Pick<ApplyResult, 'end' | 'stacks'> & Pick<LegResult, 'pulls'>,
  {
    leg,
    environments,
    workingDirectory,
  }: Pick<Inputs, 'leg' | 'environments' | 'workingDirectory'>,
  ports: Ports,
  temporaryDirectory: string,
): Promise<void> {
  const { github, env, log, secrets } = ports;
  const [environment] = environments;
  if (leg === undefined || github === undefined || environment === undefined) return;
  if ('reasons' in end) return;
  const result: LegResult = {
    ...{ version: 1, leg: leg.leg, end: end.kind, pulls },
    stacks: stacks.map(({ id, status, detail }) => ({ id, status, detail })),
  };
  const attempt = Number(github.runAttempt);
  const name = legResultName({ environment, workingDirectory, leg: leg.leg, attempt });
  await untroubled(ports, 'the result of this leg is not told to pull requests', async () => {
    const store = artifactRecords({
      ...{ env, log, temporaryDirectory, retentionDays, what: 'Result of the leg' },
    });
    await store.publish({ name, text: secrets.redact(formatLegResult(result)) });
  });
}
