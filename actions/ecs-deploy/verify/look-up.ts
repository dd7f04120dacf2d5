import { OperationError } from '../../shared/errors.js';
import { chunks } from '../../shared/chunks.js';
import type { DeployPorts } from '../ports.js';
import type { Finding } from './findings.js';
import type { Reference } from './references.js';
import { trustsEcsTasks } from './trust.js';
import {
  networkFindings,
  targetGroupFindings,
  targetGroupPlace,
  vpcFindings,
} from './wiring-rules.js';
import type { Subject } from './subject.js';

type Ports = Pick<DeployPorts, 'lookups'>;

export interface LookedUp {
  readonly findings: readonly Finding[];
  /** What the role may not look at, or what failed: never a mistake of the user's. */
  readonly notChecked: readonly string[];
}

/** One call, and what a refusal of it leaves unchecked. */
export interface Look {
  readonly what: string;
  readonly run: () => Promise<readonly Finding[]>;
}

/** Runs all calls at once. */
export async function lookUp(looks: readonly Look[]): Promise<LookedUp> {
  const answers = await Promise.all(
    looks.map(async ({ what, run }): Promise<LookedUp> => {
      try {
        return { findings: await run(), notChecked: [] };
      } catch (thrown) {
        if (!(thrown instanceof OperationError)) throw thrown;
        return { findings: [], notChecked: [`${what}: ${thrown.message}`] };
      }
    }),
  );
  return {
    findings: answers.flatMap(({ findings }) => findings),
    notChecked: answers.flatMap(({ notChecked }) => notChecked),
  };
}

/** The calls that check what a definition names; parameters go ten to a call. */
export function referenceLooks(
  { lookups }: Ports,
  references: readonly Reference[],
): readonly Look[] {
  const looks: Look[] = [];
  const parameters = new Map<string, Extract<Reference, { kind: 'parameter' }>[]>();
  for (const reference of references) {
    const what = reference.places.join(', ');
    switch (reference.kind) {
      case 'role':
        looks.push({ what, run: () => checkRole({ lookups }, reference) });
        break;
      case 'secret':
        looks.push({ what, run: () => checkSecret({ lookups }, reference) });
        break;
      case 'log-group':
        looks.push({ what, run: () => checkLogGroup({ lookups }, reference) });
        break;
      case 'parameter': {
        const region = reference.region ?? '';
        parameters.set(region, [...(parameters.get(region) ?? []), reference]);
        break;
      }
    }
  }
  for (const all of parameters.values()) {
    for (const some of chunks(all, 10)) {
      looks.push({
        what: some.flatMap(({ places }) => places).join(', '),
        run: () => checkParameters({ lookups }, some),
      });
    }
  }
  return looks;
}

/** A mistake in each place that refers to the thing. */
function inEach({ places }: Reference, finding: Omit<Finding, 'place'>): readonly Finding[] {
  return places.map((place) => ({ ...finding, place }));
}

async function checkRole(
  { lookups }: Ports,
  role: Extract<Reference, { kind: 'role' }>,
): Promise<readonly Finding[]> {
  const policy = await lookups.trustPolicy(role.name);
  if (policy === undefined) {
    return inEach(role, { code: 'role-missing', message: `there is no role "${role.name}"` });
  }
  if (trustsEcsTasks(policy)) return [];
  return inEach(role, {
    code: 'role-trust',
    message: `role "${role.name}" does not let ECS tasks assume it`,
    hint: 'its trust policy must allow sts:AssumeRole for ecs-tasks.amazonaws.com',
  });
}

async function checkSecret(
  { lookups }: Ports,
  reference: Extract<Reference, { kind: 'secret' }>,
): Promise<readonly Finding[]> {
  const { id, region, stage, versionId } = reference.secret;
  const found = await lookups.secret(id, region);
  const wrong = (code: string, message: string): readonly Finding[] =>
    inEach(reference, { code, message });
  if (found === undefined) return wrong('secret-missing', `there is no secret ${id}`);
  if (found.beingDeleted) {
    return wrong('secret-deleted', `${id} is scheduled for deletion and cannot be read`);
  }
  if (found.versionIds.length === 0) return wrong('secret-empty', `${id} has no value yet`);
  if (stage !== undefined && !found.stages.includes(stage)) {
    return wrong('secret-version-missing', `${id} has no version at stage ${stage}`);
  }
  if (versionId !== undefined && !found.versionIds.includes(versionId)) {
    return wrong('secret-version-missing', `${id} has no version ${versionId}`);
  }
  return [];
}

async function checkParameters(
  { lookups }: Ports,
  parameters: readonly Extract<Reference, { kind: 'parameter' }>[],
): Promise<readonly Finding[]> {
  const names = parameters.map(({ name }) => name);
  const missing = await lookups.missingParameters(names, parameters[0]?.region);
  return parameters
    .filter(({ name }) => missing.includes(name))
    .flatMap((one) =>
      inEach(one, { code: 'parameter-missing', message: `there is no parameter ${one.name}` }),
    );
}

async function checkLogGroup(
  { lookups }: Ports,
  group: Extract<Reference, { kind: 'log-group' }>,
): Promise<readonly Finding[]> {
  if (await lookups.logGroupExists(group.name, group.region)) return [];
  return inEach(group, {
    code: 'log-group-missing',
    message: `there is no log group ${group.name}`,
    hint: 'create it, or set the option awslogs-create-group to "true"',
  });
}

/** The calls that check the service's subnets, security groups and target groups. */
export function wiringLooks({ lookups }: Ports, subject: Subject): readonly Look[] {
  const { network, loadBalancers } = subject.wiring;
  const subnets = network === undefined ? undefined : lookups.subnets(network.subnets);
  // Whoever needs the answer below handles its failure; this keeps it from being unhandled before.
  subnets?.catch(() => undefined);
  const vpcId = async (): Promise<string | undefined> =>
    subnets?.then(
      ([first]) => first?.vpcId,
      () => undefined,
    );
  const looks: Look[] = loadBalancers.flatMap((mapping) =>
    mapping.targetGroupArns.map((arn) => ({
      what: targetGroupPlace(arn),
      run: async () =>
        targetGroupFindings(subject, mapping, arn, await lookups.targetGroup(arn), await vpcId()),
    })),
  );
  if (network !== undefined && subnets !== undefined) {
    looks.push({
      what: 'service.networkConfiguration.subnets',
      run: async () => {
        const found = await subnets;
        return [...networkFindings('subnet', network.subnets, found), ...vpcFindings(found)];
      },
    });
    looks.push({
      what: 'service.networkConfiguration.securityGroups',
      run: async () => {
        if (network.securityGroups.length === 0) return [];
        const found = await lookups.securityGroups(network.securityGroups);
        const missing = networkFindings('security-group', network.securityGroups, found);
        const vpc = await vpcId();
        const elsewhere = found.filter((group) => vpc !== undefined && group.vpcId !== vpc);
        return [
          ...missing,
          ...vpcFindings([
            ...(vpc === undefined ? [] : [{ id: 'the subnets', vpcId: vpc }]),
            ...elsewhere,
          ]),
        ];
      },
    });
  }
  return looks;
}
