import { UserError } from '../../../shared/errors.js';
import { shortName } from '../../model.js';
import { orNone, whatThereIs } from '../../what-there-is.js';
import type { DeploymentGroup } from './model.js';
import type { CodeDeploy } from './ports.js';

/** What is known of the deployment group before CodeDeploy is asked. */
export interface GroupQuery {
  readonly cluster: string;
  readonly serviceName: string;
  readonly application: string | undefined;
  readonly deploymentGroup: string | undefined;
}

/**
 * Finds the deployment group of a service: the one that is named, or the only one that names the
 * service.
 *
 * @throws UserError `codedeploy-application-missing`, `deployment-group-missing`,
 * `deployment-group-mismatch`, `deployment-group-ambiguous`
 */
export async function findGroup(
  codeDeploy: CodeDeploy,
  query: GroupQuery,
): Promise<DeploymentGroup> {
  const { application, deploymentGroup } = query;
  if (application !== undefined && deploymentGroup !== undefined) {
    const found = await codeDeploy.describeGroup(application, deploymentGroup);
    if (found === 'application-missing') throw await applicationMissing(codeDeploy, application);
    if (found === 'group-missing') throw await missing(codeDeploy, application, deploymentGroup);
    if (!serves(found, query)) throw mismatch(found, query);
    return found;
  }
  const applications =
    application === undefined ? await codeDeploy.applicationNames() : [application];
  const groups: DeploymentGroup[] = [];
  for (const name of applications) {
    groups.push(...(await groupsOf(codeDeploy, name, deploymentGroup)));
  }
  const candidates = groups.filter((group) => serves(group, query));
  const [only, ...more] = candidates;
  if (only === undefined) throw noneServes(query, groups);
  if (more.length > 0) throw ambiguous(query, candidates);
  return only;
}

async function groupsOf(
  codeDeploy: CodeDeploy,
  application: string,
  only: string | undefined,
): Promise<readonly DeploymentGroup[]> {
  const names = await codeDeploy.groupNames(application);
  if (names === undefined) throw await applicationMissing(codeDeploy, application);
  const wanted = only === undefined ? names : names.filter((name) => name === only);
  return wanted.length === 0 ? [] : codeDeploy.describeGroups(application, wanted);
}

function serves(group: DeploymentGroup, { cluster, serviceName }: GroupQuery): boolean {
  return group.services.some(
    (one) => shortName(one.cluster) === cluster && shortName(one.service) === serviceName,
  );
}

async function applicationMissing(codeDeploy: CodeDeploy, application: string): Promise<UserError> {
  return new UserError({
    code: 'codedeploy-application-missing',
    message: `there is no CodeDeploy application "${application}" in this account and region`,
    at: { input: 'codedeploy-application' },
    hint: whatThereIs(
      'applications',
      application,
      await orNone(() => codeDeploy.applicationNames()),
    ),
  });
}

async function missing(
  codeDeploy: CodeDeploy,
  application: string,
  group: string,
): Promise<UserError> {
  return new UserError({
    code: 'deployment-group-missing',
    message: `CodeDeploy application "${application}" has no deployment group "${group}" for ECS`,
    at: { input: 'codedeploy-deployment-group' },
    hint: whatThereIs(
      'deployment groups',
      group,
      await orNone(() => codeDeploy.groupNames(application)),
    ),
  });
}

function mismatch(group: DeploymentGroup, query: GroupQuery): UserError {
  const services = group.services.map(({ cluster, service }) => `${cluster}/${service}`);
  return new UserError({
    code: 'deployment-group-mismatch',
    message: `deployment group "${group.name}" of "${group.application}" deploys ${services.join(', ')}, not ${query.cluster}/${query.serviceName}`,
    at: { input: 'codedeploy-deployment-group' },
  });
}

function noneServes(query: GroupQuery, groups: readonly DeploymentGroup[]): UserError {
  const there = groups.map(({ application, name }) => `${application}/${name}`);
  return new UserError({
    code: 'deployment-group-missing',
    message: `no CodeDeploy deployment group names service ${query.cluster}/${query.serviceName}`,
    hint:
      there.length === 0
        ? 'its controller is CODE_DEPLOY: make an application and a deployment group for it'
        : `there: ${there.slice(0, 20).join(', ')}`,
  });
}

function ambiguous(query: GroupQuery, candidates: readonly DeploymentGroup[]): UserError {
  const names = candidates.map(({ application, name }) => `${application}/${name}`);
  return new UserError({
    code: 'deployment-group-ambiguous',
    message: `several CodeDeploy deployment groups name service ${query.cluster}/${query.serviceName}: ${names.join(', ')}`,
    hint: 'give codedeploy-application and codedeploy-deployment-group, or codeDeploy in the contract',
  });
}
