import { parseEcrHost } from '../../shared/ecr-host.js';
import {
  awslogsOf,
  containerName,
  containersOf,
  imageOf,
  textOf,
} from '../definition/task-definition.js';
import { parseImageReference } from '../images/image-reference.js';
import { shortName, type JsonObject } from '../model.js';
import type { DeployPorts, Denial } from '../ports.js';
import type { Finding } from './findings.js';
import type { Look } from './look-up.js';
import type { Reference } from './references.js';
import { containerPlace, isFargate, type Subject } from './subject.js';

type Ports = Pick<DeployPorts, 'lookups'>;

/** Actions that the execution role needs on the same kind of thing. */
interface Need {
  readonly actions: readonly string[];
  /** By ARN: where the definition names it. */
  readonly places: ReadonlyMap<string, readonly string[]>;
  /** Another policy than the role's own may give the right too: that of the thing itself. */
  readonly hasOwnPolicy: boolean;
}

/**
 * Checks what the execution role may do by its own policies, at most one simulation for each kind of
 * thing that a task needs before it starts: its image and log stream, where Fargate fetches and opens
 * them (elsewhere the instance's role does), and its secrets and parameters (Developer Guide, "Amazon
 * ECS task execution IAM role").
 */
export function permissionLooks(
  { lookups }: Ports,
  subject: Subject,
  references: readonly Reference[],
): readonly Look[] {
  const roleArn = textOf(subject.definition['executionRoleArn']) ?? '';
  const needs = needsOf(subject, roleArn, references).filter(({ places }) => places.size > 0);
  // Names, and ARNs of a test's making, cannot be simulated.
  if (!/^arn:[^:]+:iam::\d+:role\/./.test(roleArn) || needs.length === 0) return [];
  return [
    {
      what: 'what the execution role may do',
      run: async () => {
        const found = await Promise.all(needs.map((need) => checkNeed({ lookups }, roleArn, need)));
        return found.flat();
      },
    },
  ];
}

async function checkNeed(
  { lookups }: Ports,
  roleArn: string,
  { actions, places, hasOwnPolicy }: Need,
): Promise<readonly Finding[]> {
  const denials = await lookups.denials({ roleArn, actions, resources: [...places.keys()] });
  // What a condition says of a value that only the real call has is not known here.
  const known = denials.filter(({ isConditional }) => !isConditional);
  const maybeAllowed = known.filter(({ isExplicit }) => hasOwnPolicy && !isExplicit);
  const left = await withOwnPolicy({ lookups }, new Set(maybeAllowed.map((one) => one.resource)));
  return known
    .filter(({ isExplicit, resource }) => isExplicit || !left.has(resource))
    .flatMap((denial) =>
      (places.get(denial.resource) ?? ['executionRoleArn']).map((place) =>
        toFinding(roleArn, denial, place),
      ),
    );
}

/** Those of the resources that have a policy of their own; each is asked for once. */
async function withOwnPolicy(
  { lookups }: Ports,
  resources: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    [...resources].map(async (arn) => ((await lookups.hasOwnPolicy(arn)) ? [arn] : [])),
  );
  return new Set(found.flat());
}

function toFinding(
  roleArn: string,
  { action, resource, isExplicit }: Denial,
  place: string,
): Finding {
  return {
    code: 'execution-role-denied',
    place,
    message: `execution role "${shortName(roleArn)}" may not call ${action} on ${resource}`,
    hint: isExplicit
      ? 'a statement of its policies, of its permissions boundary or of the organisation denies it'
      : `give the role ${action} on it`,
  };
}

function needsOf(
  subject: Subject,
  roleArn: string,
  references: readonly Reference[],
): readonly Need[] {
  const [, partition = 'aws', , , account = ''] = roleArn.split(':');
  const { definition } = subject;
  const secrets = new Map<string, readonly string[]>();
  const parameters = new Map<string, readonly string[]>();
  const streams = new Map<string, readonly string[]>();
  for (const reference of references) {
    switch (reference.kind) {
      case 'secret':
        add(secrets, reference.secret.id, reference.places);
        break;
      case 'parameter':
        // By name alone it stands in the service's region, which nothing here says.
        if (reference.name.startsWith('arn:')) add(parameters, reference.name, reference.places);
        break;
      case 'log-group':
        if (reference.region !== undefined && isFargate(subject)) {
          const group = `arn:${partition}:logs:${reference.region}:${account}:log-group:${reference.name}`;
          add(
            streams,
            `${group}:log-stream:${streamOf(definition, reference.name)}`,
            reference.places,
          );
        }
        break;
      case 'role':
        break;
    }
  }
  const repositories = isFargate(subject)
    ? repositoriesOf(definition, partition)
    : new Map<string, string[]>();
  const token = new Map(repositories.size === 0 ? [] : [['*', ['executionRoleArn']]]);
  const need = (
    actions: readonly string[],
    places: Need['places'],
    hasOwnPolicy = false,
  ): Need => ({
    actions,
    places,
    hasOwnPolicy,
  });
  return [
    need(['secretsmanager:GetSecretValue'], secrets, true),
    need(['ssm:GetParameters'], parameters),
    need(['logs:CreateLogStream', 'logs:PutLogEvents'], streams),
    need(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], repositories, true),
    need(['ecr:GetAuthorizationToken'], token),
  ];
}

function add(to: Map<string, readonly string[]>, arn: string, places: readonly string[]): void {
  to.set(arn, [...(to.get(arn) ?? []), ...places]);
}

/** A stream as the driver names it: prefix, container, task (Developer Guide, "awslogs log driver"). */
function streamOf(definition: JsonObject, group: string): string {
  for (const container of containersOf(definition)) {
    const options = awslogsOf(container);
    const prefix = textOf(options?.['awslogs-stream-prefix']);
    if (textOf(options?.['awslogs-group']) !== group || prefix === undefined) continue;
    return `${prefix}/${containerName(container)}/0123456789abcdef0123456789abcdef`;
  }
  return '0123456789abcdef0123456789abcdef';
}

/** Of images that Amazon ECR holds, as ARN. */
function repositoriesOf(definition: JsonObject, partition: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const container of containersOf(definition)) {
    const image = parseImageReference(imageOf(definition, containerName(container)) ?? '');
    const registry = image?.host === undefined ? undefined : parseEcrHost(image.host);
    if (image === undefined || registry === undefined) continue;
    const { registryId, region } = registry;
    const arn = `arn:${partition}:ecr:${region}:${registryId}:repository/${image.repository}`;
    add(found, arn, [containerPlace(container, 'image')]);
  }
  return found;
}
