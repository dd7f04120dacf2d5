import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import { OperationError, toError } from '../../shared/errors.js';

/** One GET; an answer of any status is an answer. */
export type HttpGet = (
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly text: string }>;

/** A workspace of HCP Terraform or Terraform Enterprise, as far as it decides how a stack runs. */
export interface HcpWorkspace {
  /** Where `plan` and `apply` run; `agent` is remote, too. */
  readonly executionMode: 'remote' | 'local' | 'agent';
  /** Whether a repository starts its runs: then the command line may neither save a plan nor apply. */
  readonly hasVcsConnection: boolean;
}

export type WorkspaceAnswer =
  | { readonly kind: 'found'; readonly workspace: HcpWorkspace }
  /** Not there, or not for this token: the API does not tell these apart. */
  | { readonly kind: 'not-found' }
  | { readonly kind: 'token-refused' };

export interface HcpApi {
  /** @throws OperationError `hcp-unreachable` */
  workspace(
    at: { readonly host: string; readonly organization: string; readonly name: string },
    token: string,
  ): Promise<WorkspaceAnswer>;
}

const workspaceSchema = z.object({
  data: z.object({
    attributes: z.object({
      'execution-mode': z.enum(['remote', 'local', 'agent']),
      'vcs-repo': z.unknown().optional(),
    }),
  }),
});

/**
 * The API of HCP Terraform ("Workspaces API", "Show workspace"), found by Terraform's own service
 * discovery (`/.well-known/terraform.json`, `tfe.v2`). A token is sent over TLS only.
 */
export function hcpApi(
  get: HttpGet,
  options: { readonly retries: number; readonly firstPauseMilliseconds?: number },
): HcpApi {
  const bases = new Map<string, Promise<string>>();

  const request: HttpGet = (url, headers) =>
    pRetry(
      async () => {
        const answer = await get(url, headers);
        if (answer.status === 429 || answer.status >= 500) {
          throw new Error(`${url} answers ${answer.status}`);
        }
        return answer;
      },
      { retries: options.retries, minTimeout: options.firstPauseMilliseconds ?? 1000 },
    );

  async function discover(host: string): Promise<string> {
    const place = `https://${host}/.well-known/terraform.json`;
    const { status, text } = await request(place, {});
    const services = z.object({ 'tfe.v2': z.string() }).safeParse(parseJson(text));
    if (status !== 200 || !services.success) {
      throw new AbortError(`${host} does not offer the API of HCP Terraform (${status})`);
    }
    const base = new URL(services.data['tfe.v2'], place);
    if (base.protocol !== 'https:') throw new AbortError(`${base.href} is not over TLS`);
    return base.href.replace(/\/*$/, '/');
  }

  return {
    async workspace({ host, organization, name }, token) {
      try {
        const base = bases.get(host) ?? discover(host);
        bases.set(host, base);
        const place = `organizations/${encodeURIComponent(organization)}/workspaces/${encodeURIComponent(name)}`;
        const { status, text } = await request(`${await base}${place}`, {
          authorization: `Bearer ${token}`,
          accept: 'application/vnd.api+json',
        });
        if (status === 401) return { kind: 'token-refused' };
        if (status === 404) return { kind: 'not-found' };
        const { attributes } = workspaceSchema.parse(parseJson(text)).data;
        return {
          kind: 'found',
          workspace: {
            executionMode: attributes['execution-mode'],
            hasVcsConnection: (attributes['vcs-repo'] ?? null) !== null,
          },
        };
      } catch (thrown) {
        throw new OperationError(
          'hcp-unreachable',
          `${host} cannot be asked about the workspace ${organization}/${name}: ${toError(thrown).message}`,
          { cause: thrown },
        );
      }
    },
  };
}

/** `HttpGet` by Node's own fetch; redirects are followed, without the token on another host. */
export const httpGet: HttpGet = async (url, headers) => {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
  return { status: answer.status, text: await answer.text() };
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
