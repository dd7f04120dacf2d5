import { parseEcrHost } from '../../shared/ecr-host.js';
import {
  awslogsOf,
  containerName,
  containersOf,
  imageOf,
  textOf,
} from '../definition/task-definition.js';
import { parseImageReference } from '../images/image-reference.js';
import type { JsonObject } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { homeOf, parameterArn, partsOfArn, type Home } from './home.js';
import type { Reference } from './references.js';
import { containerPlace, isFargate, type Subject } from './subject.js';

/** ARNs, each with where the definition names it. */
export type Places = ReadonlyMap<string, readonly string[]>;

/** Actions that the execution role needs on the same kind of thing. */
export interface Need {
  readonly actions: readonly string[];
  readonly places: Places;
  /** Values that the real call has, by key of a condition. */
  readonly context?: Readonly<Record<string, string>>;
  /**
   * Whether the call may succeed though no policy of the role's own allows it, such as by a policy
   * of the thing itself.
   */
  readonly isAllowedElsewhere?: (arn: string) => Promise<boolean>;
}

/**
 * What the execution role needs before a task starts: its image and its log streams, where Fargate
 * fetches and opens them (elsewhere the instance's role does), and its secrets and parameters
 * (Developer Guide, "Amazon ECS task execution IAM role"). Keys are apart: they have to be looked up.
 */
export function needsOf(
  { lookups }: Pick<DeployPorts, 'lookups'>,
  subject: Subject,
  references: readonly Reference[],
): readonly Need[] {
  const home = homeOf(subject);
  const secrets = new Map<string, readonly string[]>();
  const parameters = new Map<string, readonly string[]>();
  for (const reference of references) {
    if (reference.kind === 'secret') {
      addPlaces(secrets, reference.secret.id, reference.places);
    } else if (reference.kind === 'parameter') {
      addPlaces(parameters, parameterArn(home, reference.name), reference.places);
    }
  }
  const isAllowedElsewhere = (arn: string): Promise<boolean> => lookups.hasOwnPolicy(arn);
  return [
    { actions: ['secretsmanager:GetSecretValue'], places: secrets, isAllowedElsewhere },
    { actions: ['ssm:GetParameters'], places: parameters },
    ...(isFargate(subject) ? needsOfFargate({ lookups }, subject.definition, home) : []),
  ];
}

function needsOfFargate(
  { lookups }: Pick<DeployPorts, 'lookups'>,
  definition: JsonObject,
  home: Home,
): readonly Need[] {
  const streams = new Map<string, readonly string[]>();
  const newGroups = new Map<string, readonly string[]>();
  const repositories = new Map<string, readonly string[]>();
  for (const container of containersOf(definition)) {
    const place = containerPlace(container, 'logConfiguration.options.awslogs-group');
    const log = logOf(container, home);
    if (log !== undefined) addPlaces(streams, log.stream, [place]);
    if (log?.isCreated === true) addPlaces(newGroups, log.group, [place]);
    const repository = repositoryOf(imageOf(definition, containerName(container)), home);
    if (repository !== undefined) {
      addPlaces(repositories, repository, [containerPlace(container, 'image')]);
    }
  }
  return [
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], places: streams },
    {
      actions: ['logs:CreateLogGroup'],
      places: newGroups,
      // The driver creates a group only where there is none.
      isAllowedElsewhere: (arn) => {
        const { region, rest } = partsOfArn(arn);
        return lookups.logGroupExists(rest.replace(/^log-group:/, ''), region);
      },
    },
    {
      actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      places: repositories,
      isAllowedElsewhere: (arn) => lookups.hasOwnPolicy(arn),
    },
    {
      actions: ['ecr:GetAuthorizationToken'],
      places: new Map(repositories.size === 0 ? [] : [['*', ['executionRoleArn']]]),
    },
  ];
}

export function addPlaces(
  to: Map<string, readonly string[]>,
  arn: string,
  places: readonly string[],
): void {
  to.set(arn, [...(to.get(arn) ?? []), ...places]);
}

/** Where a container's lines go: its group, and a stream as the driver names it. */
interface ContainerLog {
  readonly group: string;
  readonly stream: string;
  /** The driver creates the group where it is not there. */
  readonly isCreated: boolean;
}

/** A stream is named by prefix, container and task (Developer Guide, "awslogs log driver"). */
function logOf(container: JsonObject, { partition, account }: Home): ContainerLog | undefined {
  const options = awslogsOf(container);
  const name = textOf(options?.['awslogs-group']) ?? '';
  const region = textOf(options?.['awslogs-region']);
  if (name === '' || region === undefined) return undefined;
  const group = `arn:${partition}:logs:${region}:${account}:log-group:${name}`;
  const prefix = textOf(options?.['awslogs-stream-prefix']);
  const taskId = '0123456789abcdef0123456789abcdef';
  const stream = prefix === undefined ? taskId : `${prefix}/${containerName(container)}/${taskId}`;
  return {
    group,
    stream: `${group}:log-stream:${stream}`,
    isCreated: options?.['awslogs-create-group'] === 'true',
  };
}

/** Of an image that Amazon ECR holds, as ARN. */
function repositoryOf(imageText: string | undefined, { partition }: Home): string | undefined {
  const image = parseImageReference(imageText ?? '');
  const registry = image?.host === undefined ? undefined : parseEcrHost(image.host);
  if (image === undefined || registry === undefined) return undefined;
  const { registryId, region } = registry;
  return `arn:${partition}:ecr:${region}:${registryId}:repository/${image.repository}`;
}
