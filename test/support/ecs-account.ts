import { OperationError } from '../../actions/shared/errors.js';
import type {
  Denial,
  InVpc,
  Key,
  Lookups,
  SecretState,
  TargetGroup,
} from '../../actions/ecs-deploy/ports.js';

/** An AWS account as `verify` looks at it: everything is there and well, but for what is set here. */
export interface FakeAccount {
  readonly lookups: Lookups;
  /** Calls made, as `trustPolicy web-task`. */
  readonly calls: string[];
  /** Names, ids and ARNs that do not exist. */
  readonly missing: Set<string>;
  /** Methods that the role may not call. */
  readonly denied: Set<keyof Lookups>;
  readonly trustPolicies: Map<string, string>;
  readonly secrets: Map<string, SecretState>;
  /** VPC of a subnet or security group; default `vpc-1`. */
  readonly vpcs: Map<string, string>;
  readonly targetGroups: Map<string, TargetGroup>;
  /** Keys of KMS, by what names them. */
  readonly keys: Map<string, Key>;
  /** Of parameters that are encrypted with a customer's key: its name. */
  readonly parameterKeys: Map<string, string>;
  /** Of keys, by ARN; default: the one that hands over to IAM. */
  readonly keyPolicies: Map<string, string>;
  /** What the execution role may not do; default: nothing. */
  readonly denials: Denial[];
  /** Secrets and repositories that have a policy of their own. */
  readonly ownPolicies: Set<string>;
  /** What the load balancer says of unhealthy targets, by target group; default: of none. */
  readonly unhealthyTargets: Map<string, readonly string[]>;
  /** What schedules and rules name. */
  readonly schedules: string[];
  readonly rules: string[];
}

export const ecsTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});

/** What KMS gives a key whose maker names no policy. */
const defaultKeyPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::123456789012:root' },
    Action: 'kms:*',
    Resource: '*',
  },
});

export function fakeAccount(): FakeAccount {
  const calls: string[] = [];
  const missing = new Set<string>();
  const denied = new Set<keyof Lookups>();
  const trustPolicies = new Map<string, string>();
  const secrets = new Map<string, SecretState>();
  const vpcs = new Map<string, string>();
  const keys = new Map<string, Key>();
  const parameterKeys = new Map<string, string>();
  const keyPolicies = new Map<string, string>();
  const denials: Denial[] = [];
  const ownPolicies = new Set<string>();
  const targetGroups = new Map<string, TargetGroup>();
  const unhealthyTargets = new Map<string, readonly string[]>();

  const answer = <T>(method: keyof Lookups, what: string, value: () => T): Promise<T> => {
    calls.push(`${method} ${what}`);
    if (!denied.has(method)) return Promise.resolve(value());
    return Promise.reject(
      new OperationError('aws-access-denied', `this role may not call ${method} of ${what}`),
    );
  };
  const there = <T>(name: string, value: T): T | undefined =>
    missing.has(name) ? undefined : value;
  const inVpcs = (ids: readonly string[]): readonly InVpc[] =>
    ids.filter((id) => !missing.has(id)).map((id) => ({ id, vpcId: vpcs.get(id) ?? 'vpc-1' }));

  return {
    calls,
    missing,
    denied,
    trustPolicies,
    secrets,
    vpcs,
    targetGroups,
    keys,
    parameterKeys,
    keyPolicies,
    denials,
    ownPolicies,
    unhealthyTargets,
    schedules: [],
    rules: [],
    lookups: {
      trustPolicy: (name) =>
        answer('trustPolicy', name, () => there(name, trustPolicies.get(name) ?? ecsTrust)),
      parameterKeys: (names) =>
        answer('parameterKeys', names.join(' '), () => {
          const found = names.flatMap((name) => {
            const key = parameterKeys.get(name);
            return key === undefined ? [] : [[name, key] as const];
          });
          return new Map(found);
        }),
      key: (id) => answer('key', id, () => keys.get(id)),
      keyPolicy: (arn) => answer('keyPolicy', arn, () => keyPolicies.get(arn) ?? defaultKeyPolicy),
      denials: ({ actions, resources, context }) =>
        answer(
          'denials',
          [...actions, 'on', ...resources, ...Object.values(context)].join(' '),
          () =>
            denials.filter(
              ({ action, resource }) => actions.includes(action) && resources.includes(resource),
            ),
        ),
      hasOwnPolicy: (arn) => answer('hasOwnPolicy', arn, () => ownPolicies.has(arn)),
      secret: (id) =>
        answer('secret', id, () =>
          there(
            id,
            secrets.get(id) ?? { beingDeleted: false, stages: ['AWSCURRENT'], versionIds: ['v1'] },
          ),
        ),
      missingParameters: (names) =>
        answer('missingParameters', names.join(' '), () =>
          names.filter((name) => missing.has(name)),
        ),
      logGroupExists: (name) => answer('logGroupExists', name, () => !missing.has(name)),
      subnets: (ids) => answer('subnets', ids.join(' '), () => inVpcs(ids)),
      securityGroups: (ids) => answer('securityGroups', ids.join(' '), () => inVpcs(ids)),
      unhealthyTargets: (arn) =>
        answer('unhealthyTargets', arn, () => unhealthyTargets.get(arn) ?? []),
      targetGroup: (arn) =>
        answer('targetGroup', arn, () =>
          there(
            arn,
            targetGroups.get(arn) ?? { protocol: 'HTTP', targetType: 'ip', vpcId: 'vpc-1' },
          ),
        ),
    },
  };
}
