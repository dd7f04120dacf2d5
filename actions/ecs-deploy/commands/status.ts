import { code, heading, paragraph, renderMarkdown, table, text } from '../../shared/markdown.js';
import { diagnose } from '../rollout/diagnosis.js';
import { collectEvidence } from '../rollout/evidence.js';
import type { FailedTask } from '../rollout/failed-tasks.js';
import type { StatusInputs } from '../inputs.js';
import { shortName, type RegisteredDefinition, type Service } from '../model.js';
import type { DeployPorts } from '../ports.js';
import type { Report } from '../report.js';
import { primaryOf } from '../primary.js';
import { findService, resolveTarget, type Target } from '../target.js';
import {
  containerName,
  containersOf,
  findContainer,
  textOf,
} from '../definition/task-definition.js';
import { parseImageReference } from '../images/image-reference.js';
import { emptyOutputs } from '../report/outputs.js';

/** What a service does now. */
export interface ServiceStatus {
  readonly target: Target;
  readonly service: Service;
  readonly running: RegisteredDefinition | undefined;
  readonly failedTasks: readonly FailedTask[];
}

/** Reads a service's state, and changes nothing. */
export async function readStatus(ports: DeployPorts, inputs: StatusInputs): Promise<ServiceStatus> {
  const target = await resolveTarget(ports, inputs.target);
  const service = await findService(ports, target);
  const taskDefinitionArn = primaryOf(service)?.taskDefinitionArn ?? service.taskDefinitionArn;
  const running = await ports.ecs.describeTaskDefinition(taskDefinitionArn);
  const evidence = collectEvidence(ports, {
    cluster: target.cluster,
    serviceName: target.serviceName,
    taskDefinitionArn,
    deploymentId: primaryOf(service)?.id ?? '',
    definition: running?.definition ?? {},
    logLines: inputs.logLines,
  });
  await evidence.gather(true);
  return { target, service, running, failedTasks: evidence.failedTasks };
}

/** `outcome` is the state of the primary deployment: `succeeded`, `in-progress` or `failed`. */
export function reportStatus(status: ServiceStatus): Report {
  const { service, running, failedTasks, target } = status;
  const primary = primaryOf(service);
  const outcome =
    service.controller === 'CODE_DEPLOY'
      ? stateOfTaskSets(service)
      : (stateNames[primary?.rolloutState ?? 'COMPLETED'] ?? 'in-progress');
  const revision = shortName(primary?.taskDefinitionArn ?? service.taskDefinitionArn);
  const message = `${service.name}: ${revision} ${outcome}, ${service.runningCount} of ${service.desiredCount} tasks running`;
  const diagnosis =
    failedTasks.length === 0
      ? undefined
      : diagnose({
          definition: running?.definition ?? {},
          failedTasks,
          events: service.events,
          serviceDeployment: undefined,
          statusReason: primary?.rolloutStateReason,
        });
  return {
    message,
    failure: undefined,
    outputs: {
      ...emptyOutputs,
      outcome,
      reason: diagnosis?.cause ?? message,
      'service-name': target.serviceName,
      cluster: target.cluster,
      'task-definition-arn': primary?.taskDefinitionArn ?? service.taskDefinitionArn,
      'deployment-id': primary?.id ?? '',
      'image-digest': mainDigest(status) ?? '',
      'exit-code': diagnosis?.exitCode === undefined ? '' : String(diagnosis.exitCode),
      diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
    },
    summary: renderMarkdown([
      heading(3, code(service.name), `: ${outcome}`),
      paragraph(code(message)),
      table(
        ['deployment', 'task definition', 'state', 'running', 'wanted', 'failed'],
        service.deployments.map((deployment) => [
          code(deployment.id),
          code(shortName(deployment.taskDefinitionArn)),
          code(`${deployment.status} ${deployment.rolloutState ?? ''}`),
          text(String(deployment.runningCount)),
          text(String(deployment.desiredCount)),
          text(String(deployment.failedTasks)),
        ]),
      ),
      table(
        ['container', 'image'],
        containersOf(running?.definition ?? {}).map((container) => [
          code(containerName(container)),
          code(textOf(container['image']) ?? ''),
        ]),
      ),
      ...(diagnosis === undefined ? [] : [paragraph('Failed tasks: ', code(diagnosis.cause))]),
    ]),
  };
}

/** CodeDeploy has more than one task set while it deploys, and until it has ended the old tasks. */
function stateOfTaskSets({ taskSets }: Service): 'succeeded' | 'in-progress' {
  return taskSets.length === 1 && taskSets.every(({ steady }) => steady)
    ? 'succeeded'
    : 'in-progress';
}

const stateNames: Readonly<Record<string, string>> = {
  COMPLETED: 'succeeded',
  IN_PROGRESS: 'in-progress',
  FAILED: 'failed',
};

function mainDigest({ running, target }: ServiceStatus): string | undefined {
  const definition = running?.definition ?? {};
  const main =
    findContainer(definition, target.contract?.container ?? '') ?? containersOf(definition)[0];
  return parseImageReference(textOf(main?.['image']) ?? '')?.digest;
}
