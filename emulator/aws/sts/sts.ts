import { AwsError } from '../../aws-error.js';
import { escapeXml } from '../answer.js';
import { evaluate, statementsOf } from '../policy.js';
import type { Iam, Role } from './iam.js';
import type { Caller, Session, Sessions } from './sessions.js';
import type { TokenIssuer } from './web-identity.js';
import { verifyWebIdentity } from './web-identity.js';

export const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export interface StsOptions {
  readonly iam: Pick<Iam, 'role' | 'openIdProvider'>;
  readonly sessions: Sessions;
  /** Read at each call: an issuer may start after the service. */
  readonly issuers: () => readonly TokenIssuer[];
}

/** The operations of STS that the emulator owns; the result is XML for the query protocol. */
export interface Sts {
  owns(operation: string): boolean;
  /** Throws AwsError with the codes of the STS API reference. */
  handle(operation: string, form: URLSearchParams, caller: Caller): Promise<string>;
}

const SHORTEST_SESSION_SECONDS = 900;
const DEFAULT_SESSION_SECONDS = 3600;
/** IAM User Guide, "Role chaining": a session from a session lasts one hour at most. */
const LONGEST_CHAINED_SECONDS = 3600;

/** Creates STS over IAM's roles and identity providers. */
export function createSts(options: StsOptions): Sts {
  const { iam, sessions } = options;

  async function assumeWithWebIdentity(form: URLSearchParams): Promise<string> {
    const request = sessionRequest(form);
    const token = required(form, 'WebIdentityToken');
    const identity = await verifyWebIdentity(token, options.issuers(), {
      openIdProvider: (url) => iam.openIdProvider(accountOf(request.roleArn), url),
    });
    const denied = new AwsError(
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      403,
    );
    const role = await findRole(request.roleArn);
    if (!role) throw denied;
    const context = new Map(identity.context);
    context.set('sts:rolesessionname', [request.sessionName]);
    const verdict = evaluate(statementsOf(role.trustPolicy), {
      action: 'sts:AssumeRoleWithWebIdentity',
      principal: { kind: 'Federated', names: [identity.provider.arn] },
      context,
    });
    if (verdict !== 'Allow') throw denied;
    checkDuration(request.durationSeconds, role.maxSessionSeconds);
    const session = open(role, request.sessionName, request.durationSeconds);
    return (
      `${credentialsXml(session)}${userXml(session)}` +
      `<SubjectFromWebIdentityToken>${escapeXml(identity.subject)}</SubjectFromWebIdentityToken>` +
      `<Provider>${escapeXml(identity.provider.arn)}</Provider>` +
      `<Audience>${escapeXml(identity.audience)}</Audience>`
    );
  }

  async function assume(form: URLSearchParams, caller: Caller): Promise<string> {
    const request = sessionRequest(form);
    const role = await findRole(request.roleArn);
    const context = new Map<string, readonly string[]>([
      ['sts:rolesessionname', [request.sessionName]],
      ['aws:principalarn', [caller.roleArn ?? caller.arn]],
      ['aws:principalaccount', [caller.account]],
    ]);
    const externalId = form.get('ExternalId');
    if (externalId !== null) context.set('sts:externalid', [externalId]);
    const isTagged = [...form.keys()].some((key) => key.startsWith('Tags.member.'));
    const root = `arn:aws:iam::${caller.account}:root`;
    const names = [caller.account, root, caller.arn, ...(caller.roleArn ? [caller.roleArn] : [])];
    for (const action of isTagged ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole']) {
      const principal = { kind: 'AWS', names } as const;
      const statements = role ? statementsOf(role.trustPolicy) : [];
      if (evaluate(statements, { action, principal, context }) === 'Allow') continue;
      throw new AwsError(
        'AccessDenied',
        `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${request.roleArn}`,
        403,
      );
    }
    if (!role) throw new Error('unreachable: a missing role is denied above');
    const longest = caller.roleArn ? LONGEST_CHAINED_SECONDS : role.maxSessionSeconds;
    checkDuration(request.durationSeconds, longest);
    const session = open(role, request.sessionName, request.durationSeconds);
    return `${credentialsXml(session)}${userXml(session)}`;
  }

  async function findRole(arn: string): Promise<Role | undefined> {
    const name = ROLE_ARN.exec(arn)?.[2] ?? '';
    const role = await iam.role(accountOf(arn), name);
    return role?.arn === arn ? role : undefined;
  }

  function open(role: Role, sessionName: string, durationSeconds: number): Session {
    const accountId = accountOf(role.arn);
    return sessions.create(
      {
        arn: `arn:aws:sts::${accountId}:assumed-role/${role.name}/${sessionName}`,
        userId: `${role.id}:${sessionName}`,
        account: accountId,
        roleArn: role.arn,
      },
      durationSeconds,
    );
  }

  return {
    owns: (operation) =>
      ['AssumeRole', 'AssumeRoleWithWebIdentity', 'GetCallerIdentity'].includes(operation),
    async handle(operation, form, caller) {
      switch (operation) {
        case 'AssumeRoleWithWebIdentity':
          return assumeWithWebIdentity(form);
        case 'AssumeRole':
          return assume(form, caller);
        case 'GetCallerIdentity':
          return (
            `<Arn>${escapeXml(caller.arn)}</Arn><UserId>${escapeXml(caller.userId)}</UserId>` +
            `<Account>${caller.account}</Account>`
          );
        default:
          throw new AwsError('InvalidAction', `Could not find operation ${operation}`);
      }
    },
  };
}

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

function accountOf(roleArn: string): string {
  const account = ROLE_ARN.exec(roleArn)?.[1];
  if (account === undefined) throw new AwsError('ValidationError', `${roleArn} is invalid`);
  return account;
}

interface SessionRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
}

function sessionRequest(form: URLSearchParams): SessionRequest {
  const sessionName = required(form, 'RoleSessionName');
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy ` +
        'constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*',
    );
  }
  const durationSeconds = Number(form.get('DurationSeconds') ?? DEFAULT_SESSION_SECONDS);
  if (!Number.isInteger(durationSeconds) || durationSeconds < SHORTEST_SESSION_SECONDS) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${durationSeconds}' at 'durationSeconds' failed to ` +
        `satisfy constraint: Member must have value greater than or equal to ${SHORTEST_SESSION_SECONDS}`,
    );
  }
  return { roleArn: required(form, 'RoleArn'), sessionName, durationSeconds };
}

function checkDuration(seconds: number, longestSeconds: number): void {
  if (seconds <= longestSeconds) return;
  throw new AwsError(
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  );
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value !== null && value !== '') return value;
  const field = name.charAt(0).toLowerCase() + name.slice(1);
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${field}' failed to satisfy constraint: ` +
      'Member must not be null',
  );
}

function credentialsXml(session: Session): string {
  return (
    `<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId>` +
    `<SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>` +
    `<SessionToken>${session.sessionToken}</SessionToken>` +
    `<Expiration>${new Date(session.expiresAtMs).toISOString()}</Expiration></Credentials>`
  );
}

function userXml(session: Session): string {
  return (
    `<AssumedRoleUser><AssumedRoleId>${escapeXml(session.userId)}</AssumedRoleId>` +
    `<Arn>${escapeXml(session.arn)}</Arn></AssumedRoleUser>`
  );
}
