import { runCommand } from '../../actions/ecs-deploy/commands.js';
import { parseImageReference } from '../../actions/ecs-deploy/images/image-reference.js';
import type { DeployInputs, VerifyInputs } from '../../actions/ecs-deploy/inputs.js';
import type { Report } from '../../actions/ecs-deploy/report.js';
import { deployInputs, noEdits, pushImage, serviceWithContract, type DeployWorld } from './ecs.js';

export const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf';
export const targetGroupArn =
  'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef';

/** A service whose template has a secret and two parameters, behind a load balancer. */
export async function makeVerifiedService(
  world: DeployWorld,
  changes: {
    readonly container?: object;
    readonly service?: object;
    readonly sidecars?: object[];
  } = {},
): Promise<void> {
  await serviceWithContract(world, {
    container: {
      secrets: [
        { name: 'DB', valueFrom: `${secret}:password::` },
        { name: 'TOKEN', valueFrom: '/dev/shop/token' },
        { name: 'KEY', valueFrom: '/dev/shop/key' },
      ],
      ...changes.container,
    },
    service: {
      loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 8080 }],
      ...changes.service,
    },
    sidecars: changes.sidecars ?? [],
  });
}

/** An image in the registry, for the input `image`. */
export function pushedImage(
  { fixture }: DeployWorld,
  name: string,
  platforms?: string[],
): NonNullable<DeployInputs['image']> {
  const { tag } = pushImage(fixture, name);
  if (platforms !== undefined) {
    for (const [reference, one] of fixture.images) {
      if (one.kind === 'found') fixture.images.set(reference, { ...one, platforms });
    }
  }
  const reference = parseImageReference(tag);
  if (reference === undefined) throw new Error('no reference');
  return { kind: 'reference', reference };
}

/** Runs the command `verify`. */
export function runVerify(
  { ports }: DeployWorld,
  changes: Partial<VerifyInputs> = {},
): Promise<Report> {
  const { aws, target, logLines } = deployInputs();
  return runCommand(
    ports,
    {
      ...{ command: 'verify', aws, target, logLines },
      ...{ image: undefined, container: undefined, images: {}, edits: noEdits },
      ...changes,
    },
    { commit: undefined, run: undefined },
  );
}

/** `code place` of each problem. */
export function problemsOf(report: Report): readonly string[] {
  const found = JSON.parse(report.outputs['problems'] ?? '[]') as {
    readonly code: string;
    readonly place: string;
  }[];
  return found.map(({ code, place }) => `${code} ${place}`).sort();
}
