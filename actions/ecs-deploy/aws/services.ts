import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { DeployPorts } from '../ports.js';
import { openCodeDeploy } from './code-deploy.js';
import { openEcs } from './ecs.js';
import { openImages } from './images.js';
import { openLogs } from './logs.js';
import { openParameters } from './parameters.js';

/** The AWS services that a deploy uses, each loaded when it is first called. */
export function openServices(
  config: AwsClientConfig,
): Pick<DeployPorts, 'ecs' | 'parameters' | 'images' | 'logs' | 'codeDeploy'> {
  return {
    ecs: openEcs(config),
    parameters: openParameters(config),
    images: openImages(config),
    logs: openLogs(config),
    codeDeploy: openCodeDeploy(config),
  };
}
