import {
  openAwsAccess,
  type AwsAccessPorts,
  type AwsClientConfig,
} from '../../shared/aws-access.js';
import type { Env } from '../../shared/env.js';
import { UserError, type Problem } from '../../shared/errors.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Inputs } from '../inputs.js';
import type { Stack } from '../stacks/workspace.js';
import { writes } from '../writes.js';
import { writeAwsProfile } from './aws-profile.js';
import { awsSession } from './aws-session.js';

/** What a child's environment changes, by the name of the stack's environment. */
export type ChildChanges = Readonly<Record<string, string | undefined>>;

/** How one environment's stacks reach AWS. */
export interface EnvironmentAccess {
  /** For Terraform and its providers. */
  readonly child: ChildChanges;
  /** For our own clients; without `credentials` the SDK finds those that the job has. */
  readonly aws: Pick<AwsClientConfig, 'region' | 'credentials'>;
}

export interface AccessPorts extends AwsAccessPorts {
  readonly env: Env;
  readonly now: () => number;
  /** Private directory of this run. */
  readonly directory: string;
  /** Command line of the credential process, without its argument. */
  readonly credentialProcess: readonly string[];
}

/** STS answers in every region; this one is enabled in every account. */
const stsFallbackRegion = 'us-east-1';

/**
 * Opens AWS access for the environments of a run, and proves each at once, before anything runs.
 *
 * @throws UserError `aws-account-not-allowed`, `aws-credentials-missing`, `oidc-permission-missing`
 * @throws OperationError `aws-role-denied`, `aws-access-failed`
 */
export async function openEnvironments(
  environments: readonly EnvironmentConfig[],
  stacks: readonly Stack[],
  inputs: Inputs,
  ports: AccessPorts,
): Promise<ReadonlyMap<string, EnvironmentAccess>> {
  const used = environments.filter(({ name }) =>
    stacks.some(({ environment }) => environment === name),
  );
  const problems = used.flatMap((environment) => accountProblems(environment, inputs));
  if (problems.length > 0) throw new UserError(problems);
  const access = new Map<string, EnvironmentAccess>();
  let ambientProved = false;
  for (const environment of used) {
    const { name } = environment;
    const roleArn = roleOf(environment, inputs);
    const wantedRegion = inputs.region ?? environment.region;
    const region =
      wantedRegion ??
      ports.env('AWS_REGION') ??
      ports.env('AWS_DEFAULT_REGION') ??
      stsFallbackRegion;
    const regional =
      wantedRegion === undefined
        ? {}
        : { AWS_REGION: wantedRegion, AWS_DEFAULT_REGION: wantedRegion };
    if (roleArn !== undefined) {
      const profile = await writeAwsProfile({
        directory: ports.directory,
        name,
        request: { roleArn, region, audience: inputs.audience },
        credentialProcess: ports.credentialProcess,
      });
      await awsSession(profile.request, ports);
      access.set(name, {
        child: { ...profile.environment, ...regional },
        aws: { region, credentials: () => awsSession(profile.request, ports) },
      });
      continue;
    }
    const own = stacks.filter((stack) => stack.environment === name);
    if (!ambientProved && (inputs.allowedAccountIds.length > 0 || own.some(needsAmbient))) {
      await openAwsAccess({ ...inputs, region, roleArn: undefined }, ports);
      ambientProved = true;
    }
    access.set(name, { child: regional, aws: { region } });
  }
  return access;
}

function roleOf(environment: EnvironmentConfig, inputs: Inputs): string | undefined {
  if (inputs.roleArn !== undefined) return inputs.roleArn;
  return writes(inputs.command) ? environment.applyRole : environment.planRole;
}

/** A role names its account, so that no call is needed to see that it is the wrong one. */
function accountProblems(environment: EnvironmentConfig, inputs: Inputs): readonly Problem[] {
  const account = /::(\d{12}):/.exec(roleOf(environment, inputs) ?? '')?.[1];
  const allowed = inputs.allowedAccountIds;
  if (account === undefined || allowed.length === 0 || allowed.includes(account)) return [];
  return [
    {
      code: 'aws-account-not-allowed',
      message: `the role of environment "${environment.name}" is in account ${account}`,
      at: { input: 'allowed-account-ids' },
      hint: `allowed: ${allowed.join(', ')}`,
    },
  ];
}

const ownAccess = [
  'access_key',
  'profile',
  'shared_credentials_file',
  'shared_credentials_files',
  'assume_role',
  'assume_role_with_web_identity',
  'role_arn',
  'skip_credentials_validation',
  'endpoint',
  'endpoints',
];

/** An S3 state is read with the job's credentials, unless its backend brings access of its own. */
function needsAmbient({ backend }: Stack): boolean {
  return backend.type === 's3' && !ownAccess.some((key) => Object.hasOwn(backend.config, key));
}
