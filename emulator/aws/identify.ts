import type { IncomingHttpHeaders } from 'node:http';
import type { RestOperations } from './rest-operations.js';

/** How a service spells its requests and errors. */
export type Protocol = 'json' | 'query' | 'ec2' | 'rest';

/** What a request asks for. */
export interface Identity {
  /** The name in the signature's scope: `ecs`, `s3`, `elasticloadbalancing`, … */
  readonly service: string;
  /** The operation's name in the API reference; for an unknown REST path, method and path. */
  readonly operation: string;
  readonly protocol: Protocol;
  readonly region: string;
  /** The caller's access key id, where the request is signed. */
  readonly accessKeyId: string | undefined;
  readonly sessionToken: string | undefined;
}

/** The parts of a request that tell what it asks for. `form` is the body of a form post. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams | undefined;
}

/** Signing names of the JSON services, for calls without a signature. */
const SERVICE_OF_TARGET: Readonly<Record<string, string>> = {
  AmazonEC2ContainerServiceV20141113: 'ecs',
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  AmazonSSM: 'ssm',
  Logs_20140328: 'logs',
  DynamoDB_20120810: 'dynamodb',
  TrentService: 'kms',
  secretsmanager: 'secretsmanager',
  CodeDeploy_20141006: 'codedeploy',
  AWSCognitoIdentityProviderService: 'cognito-idp',
};

const UNSIGNED_STS_ACTIONS = new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML']);

/**
 * Tells service and operation of a request: from its signature's scope (header or presigned
 * query), its `X-Amz-Target`, its form's `Action`, or its method and path.
 *
 * The scope's form `<key>/<date>/<region>/<service>/aws4_request` is from AWS's "Elements of an
 * AWS API request signature".
 */
export function identify(head: RequestHead, defaultRegion: string, rest: RestOperations): Identity {
  const scope = signatureScope(head);
  const target = header(head, 'x-amz-target');
  const action = head.form?.get('Action') ?? head.query.get('Action') ?? undefined;
  const signer = {
    region: scope?.region ?? defaultRegion,
    accessKeyId: scope?.accessKeyId,
    sessionToken:
      header(head, 'x-amz-security-token') ?? head.query.get('X-Amz-Security-Token') ?? undefined,
  };

  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    const prefix = target.slice(0, Math.max(dot, 0));
    const service = scope?.service ?? SERVICE_OF_TARGET[prefix] ?? prefix;
    return { service, operation: target.slice(dot + 1), protocol: 'json', ...signer };
  }
  if (action !== undefined) {
    const service = scope?.service ?? (UNSIGNED_STS_ACTIONS.has(action) ? 'sts' : 'unknown');
    const protocol = service === 'ec2' ? 'ec2' : 'query';
    return { service, operation: action, protocol, ...signer };
  }
  const service = scope?.service ?? 's3';
  return { service, operation: rest.name(service, head), protocol: 'rest', ...signer };
}

interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

function signatureScope(head: RequestHead): Scope | undefined {
  const credential =
    /Credential=([^,\s]+)/.exec(header(head, 'authorization') ?? '')?.[1] ??
    head.query.get('X-Amz-Credential') ??
    '';
  // An access key of a test may contain slashes: count from the end.
  const parts = credential.split('/');
  if (parts.length < 5) return undefined;
  const [region = '', service = ''] = parts.slice(-3);
  return {
    accessKeyId: parts.slice(0, -4).join('/'),
    // S3's multi-region signature names no region.
    region: region === '*' ? '' : region,
    service: service.toLowerCase(),
  };
}

function header(head: RequestHead, name: string): string | undefined {
  const value = head.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
