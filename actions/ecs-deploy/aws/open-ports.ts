import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { DeployPorts } from '../ports.js';
import { openCodeDeploy } from './code-deploy.js';
import { openCounts } from './counts.js';
import { openEcsCalls } from './ecs-calls.js';
import { openEcs } from './ecs.js';
import { openImages } from './images.js';
import { openLogs } from './logs.js';
import { openLookups } from './lookups.js';
import { openParameters } from './parameters.js';
import { openRevisions } from './revisions.js';
import { openSchedules } from './schedules.js';
import { openTasks } from './tasks.js';

type AwsPorts = Pick<
  DeployPorts,
  | 'codeDeploy'
  | 'counts'
  | 'ecs'
  | 'images'
  | 'logs'
  | 'lookups'
  | 'parameters'
  | 'revisions'
  | 'schedules'
  | 'tasks'
>;

/**
 * How often a call of a deploy of many services is made before it counts as failed. Twenty services
 * cost some 200 calls that must all come through; where AWS throttles 30 % of them, six attempts
 * lose one in 1400 calls, ten one in 170 000.
 */
const attemptsForSeveral = 10;

/**
 * Everything of AWS behind the ports; each client is loaded at its first use.
 *
 * @param several whether many services are deployed side by side: questions are put together
 */
export function openAwsPorts(
  given: AwsClientConfig,
  { several }: { readonly several: boolean },
): AwsPorts {
  const config = several ? { ...given, maxAttempts: attemptsForSeveral } : given;
  const ecsCalls = openEcsCalls(config);
  return {
    codeDeploy: openCodeDeploy(config),
    counts: openCounts(ecsCalls, config),
    ecs: openEcs(ecsCalls, { batchWindowMs: several ? 50 : 0 }),
    images: openImages(config),
    logs: openLogs(config),
    lookups: openLookups(config),
    parameters: openParameters(config),
    revisions: openRevisions(ecsCalls, config),
    schedules: openSchedules(config),
    tasks: openTasks(ecsCalls),
  };
}
