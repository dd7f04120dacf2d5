import { callerHeaders } from '../backends/caller-headers.js';
import type { Backend } from '../backends/process.js';

/** A role, as far as assuming it goes. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
}

export interface OpenIdProvider {
  readonly arn: string;
  /** Without the scheme, as ARNs and condition keys spell it. */
  readonly url: string;
  readonly clientIds: readonly string[];
}

/** What the emulator has to know of IAM. */
export interface Iam {
  role(accountId: string, name: string): Promise<Role | undefined>;
  /** The documents of a role's inline policies, then of those attached to it. */
  rolePolicies(accountId: string, name: string): Promise<readonly string[] | undefined>;
  openIdProvider(accountId: string, url: string): Promise<OpenIdProvider | undefined>;
}

/** Reads roles, their policies and identity providers from the backend that holds IAM. */
export function createIam(moto: Backend): Iam {
  async function call(
    accountId: string,
    parameters: Record<string, string>,
  ): Promise<string | undefined> {
    const response = await moto.send({
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...callerHeaders('iam', 'us-east-1', accountId),
      },
      body: new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString(),
    });
    const text = response.body.toString('utf8');
    if (response.status === 200) return text;
    if (text.includes('NoSuchEntity')) return undefined;
    throw new Error(`IAM answered ${response.status} to ${String(parameters['Action'])}: ${text}`);
  }

  return {
    async role(accountId, name) {
      const xml = await call(accountId, { Action: 'GetRole', RoleName: name });
      if (xml === undefined) return undefined;
      return {
        name,
        arn: element(xml, 'Arn'),
        id: element(xml, 'RoleId'),
        trustPolicy: decodeURIComponent(element(xml, 'AssumeRolePolicyDocument')),
        maxSessionSeconds: Number(element(xml, 'MaxSessionDuration') || '3600'),
      };
    },
    async rolePolicies(accountId, RoleName) {
      const ask = async (parameters: Record<string, string>): Promise<string> =>
        (await call(accountId, parameters)) ?? '';
      const inline = await call(accountId, { Action: 'ListRolePolicies', RoleName });
      if (inline === undefined) return undefined;
      const documents: string[] = [];
      for (const PolicyName of elements(inline, 'member')) {
        const xml = await ask({ Action: 'GetRolePolicy', RoleName, PolicyName });
        documents.push(decodeURIComponent(element(xml, 'PolicyDocument')));
      }
      const attached = await ask({ Action: 'ListAttachedRolePolicies', RoleName });
      for (const PolicyArn of elements(attached, 'PolicyArn')) {
        const policy = await ask({ Action: 'GetPolicy', PolicyArn });
        const VersionId = element(policy, 'DefaultVersionId');
        const xml = await ask({ Action: 'GetPolicyVersion', PolicyArn, VersionId });
        documents.push(decodeURIComponent(element(xml, 'Document')));
      }
      return documents;
    },
    async openIdProvider(accountId, url) {
      const arn = `arn:aws:iam::${accountId}:oidc-provider/${url}`;
      const parameters = { Action: 'GetOpenIDConnectProvider', OpenIDConnectProviderArn: arn };
      const xml = await call(accountId, parameters);
      if (xml === undefined) return undefined;
      return { arn, url, clientIds: elements(rawElement(xml, 'ClientIDList'), 'member') };
    },
  };
}

function element(xml: string, name: string): string {
  return unescapeXml(rawElement(xml, name));
}

/** Each of this name that holds text alone. */
function elements(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    unescapeXml(text),
  );
}

function rawElement(xml: string, name: string): string {
  return new RegExp(`<${name}>([^]*?)</${name}>`).exec(xml)?.[1] ?? '';
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
