import { allOrProblems, UserError } from '../../../shared/errors.js';
import type { Contract } from '../../contract.js';
import { findContainer, isObject } from '../../definition/task-definition.js';
import type { CodeDeployInputs } from '../../inputs/code-deploy.js';
import type { JsonObject, RegisteredDefinition, Service } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import {
  generateAppSpec,
  readAppSpec,
  taskDefinitionOfText,
  type AppSpecDraft,
} from './app-spec.js';
import { findGroup } from './find-group.js';
import { isShifted, type CodeDeployment, type DeploymentGroup } from './model.js';
import { listDeployments, openTargets } from './targets.js';

/** Everything that a deploy through CodeDeploy needs to know besides. */
export interface ObservedCodeDeploy {
  readonly group: DeploymentGroup;
  readonly appSpec: AppSpecDraft;
  /** The deployment that the group is busy with. */
  readonly inFlight: InFlight | undefined;
}

export interface InFlight {
  readonly deployment: CodeDeployment;
  /** Traffic is shifted: only the old tasks' end is waited for. */
  readonly shifted: boolean;
  /** What it deploys, where that can be read. */
  readonly definition: RegisteredDefinition | undefined;
  /** What ran before it, and still gets traffic or can get it again. */
  readonly originalArn: string | undefined;
}

interface Known {
  readonly cluster: string;
  readonly service: Service;
  readonly contract: Contract | undefined;
  /** What will be deployed, but for its images. */
  readonly definition: JsonObject;
  readonly container: string;
}

type Ports = Pick<DeployPorts, 'codeDeploy' | 'ecs' | 'log' | 'readFile'>;

/**
 * Finds the deployment group, the AppSpec, and what the group is busy with.
 *
 * @throws UserError with all problems of both
 */
export async function observeCodeDeploy(
  ports: Ports,
  inputs: CodeDeployInputs,
  known: Known,
): Promise<ObservedCodeDeploy> {
  const [group, appSpec] = await allOrProblems(
    findServiceGroup(ports, inputs, known),
    draftAppSpec(ports, inputs, known),
  );
  return { group, appSpec, inFlight: await findInFlight(ports, group, known.service) };
}

/** The deployment group that the inputs name, else the contract, else the one of the service. */
export function findServiceGroup(
  { codeDeploy }: Pick<Ports, 'codeDeploy'>,
  inputs: Pick<CodeDeployInputs, 'application' | 'deploymentGroup'>,
  { cluster, service, contract }: Pick<Known, 'cluster' | 'service' | 'contract'>,
): Promise<DeploymentGroup> {
  const named = inputs.application !== undefined || inputs.deploymentGroup !== undefined;
  return findGroup(codeDeploy, {
    cluster,
    serviceName: service.name,
    application: named ? inputs.application : contract?.codeDeploy?.application,
    deploymentGroup: named ? inputs.deploymentGroup : contract?.codeDeploy?.deploymentGroup,
  });
}

/** The deployment that the group is busy with. */
export async function findInFlight(
  ports: Pick<Ports, 'codeDeploy' | 'ecs' | 'log'>,
  group: Pick<DeploymentGroup, 'application' | 'name'>,
  service: Pick<Service, 'taskSets'>,
): Promise<InFlight | undefined> {
  const [id] = await listDeployments(ports, group.application, group.name, { active: true });
  return id === undefined ? undefined : readInFlight(ports, id, service);
}

/** What a deployment that was listed as active does. */
export async function readInFlight(
  ports: Pick<Ports, 'codeDeploy' | 'ecs' | 'log'>,
  id: string,
  { taskSets }: Pick<Service, 'taskSets'>,
): Promise<InFlight | undefined> {
  const { codeDeploy, ecs } = ports;
  const [deployment, target] = await Promise.all([codeDeploy.describe(id), openTargets(ports)(id)]);
  if (deployment === undefined) return undefined;
  const arnOfSet = (replacement: boolean): string | undefined => {
    const ids = (target?.taskSets ?? []).filter((one) => one.replacement === replacement);
    return taskSets.find(({ id: ofSet }) => ids.some((one) => one.id === ofSet))?.taskDefinitionArn;
  };
  const arn = taskDefinitionOfText(deployment.appSpec) ?? arnOfSet(true);
  return {
    deployment,
    shifted: isShifted(deployment, target),
    definition: arn === undefined ? undefined : await ecs.describeTaskDefinition(arn),
    originalArn: arnOfSet(false),
  };
}

/** @throws UserError `appspec-missing`, `appspec-malformed`, `container-missing`, `container-port-required` */
export async function draftAppSpec(
  ports: Ports,
  inputs: CodeDeployInputs,
  known: Known,
): Promise<AppSpecDraft> {
  if (inputs.appSpec === undefined) return generateAppSpec(...loadBalanced(known));
  const text = await ports.readFile(inputs.appSpec);
  if (text === undefined) {
    throw new UserError({
      code: 'appspec-missing',
      message: `there is no file ${inputs.appSpec}`,
      at: { input: 'appspec' },
      hint: 'the path is relative to the workspace; check the repository out first',
    });
  }
  const draft = readAppSpec(text, inputs.appSpec);
  const name = draft.containerName ?? '';
  if (findContainer(known.definition, name) === undefined) {
    throw new UserError({
      code: 'container-missing',
      message: `LoadBalancerInfo names container "${name}", which the task definition does not have`,
      at: { file: inputs.appSpec },
    });
  }
  return draft;
}

/** Container and port that get the traffic: as now, else as the contract or the definition says. */
function loadBalanced(known: Known): readonly [container: string, port: number] {
  const primary = primaryTaskSet(known.service);
  const now = primary?.loadBalancers[0];
  if (now?.containerName !== undefined && now.containerPort !== undefined) {
    return [now.containerName, now.containerPort];
  }
  const port = known.contract?.containerPort ?? onlyPort(known);
  if (port !== undefined) return [known.container, port];
  throw new UserError({
    code: 'container-port-required',
    message: `which port of container "${known.container}" gets the traffic is not known`,
    hint: 'give the container one port mapping, containerPort in the contract, or the input appspec',
  });
}

function onlyPort({ definition, container }: Known): number | undefined {
  const mappings = findContainer(definition, container)?.['portMappings'];
  const ports = (Array.isArray(mappings) ? (mappings as readonly unknown[]) : []).flatMap(
    (mapping) => {
      const port = isObject(mapping as JsonObject) ? (mapping as JsonObject)['containerPort'] : 0;
      return typeof port === 'number' && port > 0 ? [port] : [];
    },
  );
  return ports.length === 1 ? ports[0] : undefined;
}
