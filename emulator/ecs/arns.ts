import { randomBytes } from 'node:crypto';

/** Builds ARNs in ECS's long format (Developer Guide, "Amazon Resource Names (ARNs) and IDs"). */
export interface Arns {
  readonly region: string;
  readonly accountId: string;
  of(resource: string): string;
}

export function createArns(region: string, accountId: string): Arns {
  return {
    region,
    accountId,
    of: (resource) => `arn:aws:ecs:${region}:${accountId}:${resource}`,
  };
}

/** The last part of an ARN, or the text itself: AWS takes either for clusters, services and tasks. */
export function shortName(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}

/** 32 hexadecimal digits, as in task and container ids. */
export function hexId(): string {
  return randomBytes(16).toString('hex');
}

/** 19 digits, as in `ecs-svc/1234567890123456789` and service revision ids. */
export function numericId(): string {
  const digits = randomBytes(8).readBigUInt64BE() % 9_000_000_000_000_000_000n;
  return (digits + 1_000_000_000_000_000_000n).toString();
}

/** 21 URL-safe characters, as in service deployment ids. */
export function deploymentId(): string {
  return randomBytes(16).toString('base64url').slice(0, 21);
}
