import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { DeployPorts } from '../ports.js';
import { openCodeDeploy } from './code-deploy.js';
import { openCounts } from './counts.js';
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

/** Everything of AWS behind the ports; each client is loaded at its first use. */
export function openAwsPorts(
  config: AwsClientConfig,
  batching: { readonly batchWindowMs: number },
): AwsPorts {
  return {
    codeDeploy: openCodeDeploy(config),
    counts: openCounts(config),
    ecs: openEcs(config, batching),
    images: openImages(config),
    logs: openLogs(config),
    lookups: openLookups(config),
    parameters: openParameters(config),
    revisions: openRevisions(config),
    schedules: openSchedules(config),
    tasks: openTasks(config),
  };
}
