import {
  code,
  heading,
  paragraph,
  renderMarkdown,
  table,
  text,
  type Block,
} from '../../shared/markdown.js';
import { diagnose } from '../rollout/diagnosis.js';
import { OperationError } from '../../shared/errors.js';
import {
  awaitsRerouting,
  describeInFlight,
  inFlightBlocks,
  readInFlightOf,
} from './code-deploy/status.js';
import { pauseBlocks } from './continue/pause.js';
import { collectEvidence } from '../rollout/evidence.js';
import type { FailedTask } from '../rollout/failed-tasks.js';
import type { StatusInputs } from '../inputs.js';
import { shortName, type RegisteredDefinition, type Service } from '../model.js';
import type { DeployPorts } from '../ports.js';
import type { Report } from '../report.js';
import { runsPlaceholder } from '../placeholder.js';
import { primaryOf, primaryTaskSet } from '../primary.js';
import type { InFlight } from '../strategies/code-deploy/observe.js';
import { findService, resolveTarget, type Target } from '../target.js';
import {
  containerName,
  containersOf,
  findContainer,
  textOf,
} from '../definition/task-definition.js';
import { parseImageReference } from '../images/image-reference.js';
import { awaitingPause, describePause, rememberHooks, type SeenHook } from '../rollout/hooks.js';
import { longestRolloutMs } from '../rollout/longest-rollout.js';
import { emptyOutputs, pauseOutputs } from '../report/outputs.js';

/** What a service does now. */
export interface ServiceStatus {
  readonly target: Target;
  readonly service: Service;
  readonly running: RegisteredDefinition | undefined;
  readonly failedTasks: readonly FailedTask[];
  /** The pause that holds its rollout up. */
  readonly pause: FoundPause | undefined;
  /** The deployment of CodeDeploy that it is in. */
  readonly inFlight: InFlight | undefined;
}

interface FoundPause {
  readonly serviceDeploymentArn: string;
  readonly hook: SeenHook;
}

/** Reads a service's state, and changes nothing. */
export async function readStatus(ports: DeployPorts, inputs: StatusInputs): Promise<ServiceStatus> {
  const target = await resolveTarget(ports, inputs.target);
  const service = await findService(ports, target);
  const watched = watchedTasks(service);
  const { taskDefinitionArn } = watched;
  const running = await ports.ecs.describeTaskDefinition(taskDefinitionArn);
  const evidence = collectEvidence(ports, {
    cluster: target.cluster,
    serviceName: target.serviceName,
    taskDefinitionArn,
    deploymentId: watched.id,
    definition: running?.definition ?? {},
    logLines: inputs.logLines,
  });
  const [pause, inFlight] = await Promise.all([
    readPause(ports, target, service),
    readInFlightOf(ports, target, service),
    evidence.gather(true),
  ]);
  return { target, service, running, failedTasks: evidence.failedTasks, pause, inFlight };
}

/** The tasks that the service is being brought to: of CodeDeploy, those that get the traffic next. */
function watchedTasks(service: Service): {
  readonly id: string;
  readonly taskDefinitionArn: string;
} {
  const newest = service.taskSets.find(({ status }) => status === 'ACTIVE');
  const { taskDefinitionArn } = service;
  return primaryOf(service) ?? newest ?? primaryTaskSet(service) ?? { id: '', taskDefinitionArn };
}

/** What may not be looked at is told, and costs no status. */
async function readPause(
  { ecs, clock, log }: DeployPorts,
  { cluster, serviceName }: Target,
  service: Service,
): Promise<FoundPause | undefined> {
  if (service.controller !== 'ECS' || primaryOf(service)?.rolloutState !== 'IN_PROGRESS') {
    return undefined;
  }
  try {
    const sinceMs = clock.now() - longestRolloutMs;
    const all = await ecs.listServiceDeployments(cluster, serviceName, sinceMs);
    const going = all.find(({ status }) => status === 'IN_PROGRESS');
    const found = going && (await ecs.describeServiceDeployment(going.arn));
    const hook = found && awaitingPause(rememberHooks([], found), found);
    return hook && { serviceDeploymentArn: found.arn, hook };
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    log.notice(`whether the rollout is paused is not known: ${thrown.message}`);
    return undefined;
  }
}

/** `outcome` is the state of the primary deployment: `succeeded`, `in-progress`, `paused` or `failed`. */
export function reportStatus(status: ServiceStatus): Report {
  const { service, running, failedTasks, target, pause, inFlight } = status;
  const primary = primaryOf(service);
  const outcome =
    service.controller === 'CODE_DEPLOY'
      ? stateOfTaskSets(service, inFlight)
      : pause !== undefined
        ? 'paused'
        : (stateNames[primary?.rolloutState ?? 'COMPLETED'] ?? 'in-progress');
  const revision = shortName(primary?.taskDefinitionArn ?? service.taskDefinitionArn);
  const where = pause === undefined ? '' : `${describePause(pause.hook)} (hook ${pause.hook.id})`;
  const what = runsPlaceholder(service, target.contract)
    ? `never released, it has the placeholder ${revision}`
    : `${revision} ${outcome}${where}`;
  const deployment = inFlight === undefined ? '' : `; ${describeInFlight(inFlight)}`;
  const message = `${service.name}: ${what}, ${service.runningCount} of ${service.desiredCount} tasks running${deployment}`;
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
      'deployment-id': primary?.id ?? inFlight?.deployment.id ?? '',
      'codedeploy-deployment-id': inFlight?.deployment.id ?? '',
      'service-deployment-arn': pause?.serviceDeploymentArn ?? '',
      ...pauseOutputs(pause?.hook),
      'image-digest': mainDigest(status) ?? '',
      'exit-code': diagnosis?.exitCode === undefined ? '' : String(diagnosis.exitCode),
      diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
    },
    summary: renderMarkdown([
      heading(3, code(service.name), `: ${outcome}`),
      paragraph(code(message)),
      ...(inFlight === undefined ? [] : inFlightBlocks(inFlight, service)),
      ...(pause === undefined && !awaitsRerouting(inFlight) ? [] : pauseBlocks(target)),
      ...(service.controller === 'CODE_DEPLOY' ? [] : [deploymentsTable(service)]),
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

function deploymentsTable({ deployments }: Service): Block {
  return table(
    ['deployment', 'task definition', 'state', 'running', 'wanted', 'failed'],
    deployments.map((deployment) => [
      code(deployment.id),
      code(shortName(deployment.taskDefinitionArn)),
      code(`${deployment.status} ${deployment.rolloutState ?? ''}`),
      text(String(deployment.runningCount)),
      text(String(deployment.desiredCount)),
      text(String(deployment.failedTasks)),
    ]),
  );
}

/** CodeDeploy has more than one task set while it deploys, and until it has ended the old tasks. */
function stateOfTaskSets(
  { taskSets }: Service,
  inFlight: InFlight | undefined,
): 'succeeded' | 'in-progress' | 'paused' {
  if (awaitsRerouting(inFlight)) return 'paused';
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
