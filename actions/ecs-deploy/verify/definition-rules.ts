import { parseEcrHost } from '../../shared/ecr-host.js';
import { namesSetTwice } from '../definition/edits.js';
import {
  asArray,
  awslogsOf,
  containerName,
  containersOf,
  objectOf,
  textOf,
} from '../definition/task-definition.js';
import { parseImageReference } from '../images/image-reference.js';
import type { JsonObject } from '../model.js';
import type { Finding } from './findings.js';
import { sizeFindings } from './size-rules.js';
import { containerPlace, isFargate, secretUses, type Subject } from './subject.js';
import { parseValueFrom } from './value-from.js';
import { loadBalancerFindings } from './wiring-rules.js';

/** Every mistake that the definition and the service show by themselves, without a call. */
export function definitionFindings(subject: Subject): readonly Finding[] {
  return [
    ...platformFindings(subject),
    ...sizeFindings(subject),
    ...roleFindings(subject),
    ...environmentFindings(subject.definition),
    ...containersOf(subject.definition).flatMap((container) => logFindings(container, subject)),
    ...loadBalancerFindings(subject),
  ];
}

/** API reference, "RegisterTaskDefinition": Fargate needs awsvpc, and to be asked for. */
function platformFindings(subject: Subject): readonly Finding[] {
  const { definition, wiring } = subject;
  const findings: Finding[] = [];
  const compatibilities = asArray(definition['requiresCompatibilities']);
  const mode = textOf(definition['networkMode']);
  if (isFargate(subject)) {
    if (compatibilities.length > 0 && !compatibilities.includes('FARGATE')) {
      findings.push({
        code: 'compatibility',
        place: 'requiresCompatibilities',
        message: `is ${compatibilities.map(String).join(', ')}, and the service runs on Fargate`,
        hint: 'add FARGATE',
      });
    }
    if (mode !== 'awsvpc') {
      findings.push({
        code: 'network-mode',
        place: 'networkMode',
        message: `is ${mode ?? 'not set'}, and Fargate needs awsvpc`,
        hint: 'set it to awsvpc',
      });
    }
    const storage = objectOf(definition['ephemeralStorage'])['sizeInGiB'];
    // "EphemeralStorage": 21 to 200 GiB.
    if (typeof storage === 'number' && (storage < 21 || storage > 200)) {
      findings.push({
        code: 'ephemeral-storage',
        place: 'ephemeralStorage.sizeInGiB',
        message: `${storage} is not 21 to 200`,
      });
    }
  }
  if (mode === 'awsvpc' && wiring.network === undefined) {
    findings.push({
      code: 'network-configuration',
      place: 'service.networkConfiguration',
      message: 'is missing, and awsvpc needs subnets',
    });
  }
  return findings;
}

/** What the agent does for the container needs a role (Developer Guide, "Task execution IAM role"). */
function roleFindings(subject: Subject): readonly Finding[] {
  const { definition } = subject;
  if (textOf(definition['executionRoleArn']) !== undefined) return [];
  const reasons: string[] = [];
  if (secretUses(definition).length > 0) reasons.push('secrets');
  if (isFargate(subject)) {
    const containers = containersOf(definition);
    if (containers.some((one) => awslogsOf(one) !== undefined)) reasons.push('the awslogs driver');
    if (containers.some(isFromEcr)) reasons.push('images in ECR');
  }
  if (reasons.length === 0) return [];
  return [
    {
      code: 'execution-role-required',
      place: 'executionRoleArn',
      message: `is missing, and it is needed for ${reasons.join(' and ')}`,
    },
  ];
}

function isFromEcr(container: JsonObject): boolean {
  const host = parseImageReference(textOf(container['image']) ?? '')?.host;
  return host !== undefined && parseEcrHost(host) !== undefined;
}

function environmentFindings(definition: JsonObject): readonly Finding[] {
  return [
    ...namesSetTwice(definition).map((name) => ({
      code: 'environment-conflict',
      place: `containerDefinitions.${name.replace(':', '.secrets.')}`,
      message: 'is a secret and an environment variable at once, which ECS refuses',
      hint: 'remove one of the two',
    })),
    ...secretUses(definition).flatMap(({ place, valueFrom }): readonly Finding[] => {
      const reference = parseValueFrom(valueFrom);
      return reference.kind === 'malformed'
        ? [{ code: 'secret-malformed', place, message: `valueFrom ${reference.reason}` }]
        : [];
    }),
  ];
}

/** Developer Guide, "Send Amazon ECS logs to CloudWatch": on Fargate the prefix is required. */
function logFindings(container: JsonObject, subject: Subject): readonly Finding[] {
  const options = awslogsOf(container);
  if (options === undefined) return [];
  const needed = [
    'awslogs-group',
    'awslogs-region',
    ...(isFargate(subject) ? ['awslogs-stream-prefix'] : []),
  ];
  return needed
    .filter((option) => (textOf(options[option]) ?? '') === '')
    .map((option) => ({
      code: 'log-configuration',
      place: containerPlace(container, 'logConfiguration.options'),
      message: `container "${containerName(container)}" has no ${option}`,
    }));
}
