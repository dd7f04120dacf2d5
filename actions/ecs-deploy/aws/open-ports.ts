import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { DeployPorts } from '../ports.js';
import { openCounts } from './counts.js';
import { openEcs } from './ecs.js';
import { openImages } from './images.js';
import { openLogs } from './logs.js';
import { openParameters } from './parameters.js';
import { openSchedules } from './schedules.js';
import { openTasks } from './tasks.js';

/** Everything of AWS behind the ports; each client is loaded at its first use. */
export function openAwsPorts(
  config: AwsClientConfig,
): Pick<DeployPorts, 'counts' | 'ecs' | 'images' | 'logs' | 'parameters' | 'schedules' | 'tasks'> {
  return {
    counts: openCounts(config),
    ecs: openEcs(config),
    images: openImages(config),
    logs: openLogs(config),
    parameters: openParameters(config),
    schedules: openSchedules(config),
    tasks: openTasks(config),
  };
}
