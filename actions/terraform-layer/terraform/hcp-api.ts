import pRetry from 'p-retry';
import { z } from 'zod';
import { OperationError, toError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json-text.js';

/** One request without a body; an answer of any status is an answer. */
export type HttpRequest = (
  url: string,
  options: {
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
  },
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
  /** False where the run cannot be discarded (any more). @throws OperationError `hcp-unreachable` */
  discardRun(
    at: { readonly host: string; readonly runId: string },
    token: string,
  ): Promise<boolean>;
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
 * The API of HCP Terraform ("Workspaces API", "Show workspace"; "Runs API", "Discard a run"), found
 * by Terraform's own service discovery (`/.well-known/terraform.json`, `tfe.v2`). A token is sent
 * over TLS only.
 */
export function hcpApi(
  send: HttpRequest,
  options: { readonly retries: number; readonly firstPauseMilliseconds?: number },
): HcpApi {
  const bases = new Map<string, Promise<string>>();

  const request: HttpRequest = (url, rest) =>
    pRetry(
      async () => {
        const answer = await send(url, rest);
        if (answer.status === 429 || answer.status >= 500) {
          throw new Error(`${url} answers ${answer.status}`);
        }
        return answer;
      },
      { retries: options.retries, minTimeout: options.firstPauseMilliseconds ?? 1000 },
    );

  async function discover(host: string): Promise<string> {
    const place = `https://${host}/.well-known/terraform.json`;
    const { status, text } = await request(place, { method: 'GET', headers: {} });
    const services = z.object({ 'tfe.v2': z.string() }).safeParse(parseJson(text));
    if (status !== 200 || !services.success) {
      throw new Error(`it does not offer the API of HCP Terraform (${status})`);
    }
    const base = new URL(services.data['tfe.v2'], place);
    if (base.protocol !== 'https:') throw new Error(`${base.href} is not over TLS`);
    return base.href.replace(/\/*$/, '/');
  }

  async function ask(
    host: string,
    method: 'GET' | 'POST',
    place: string,
    token: string,
  ): ReturnType<HttpRequest> {
    try {
      const base = bases.get(host) ?? discover(host);
      bases.set(host, base);
      return await request(`${await base}${place}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/vnd.api+json',
          'content-type': 'application/vnd.api+json',
        },
      });
    } catch (thrown) {
      throw unreachable(host, place, thrown);
    }
  }

  return {
    async workspace({ host, organization, name }, token) {
      const place = `organizations/${encodeURIComponent(organization)}/workspaces/${encodeURIComponent(name)}`;
      const { status, text } = await ask(host, 'GET', place, token);
      if (status === 401) return { kind: 'token-refused' };
      if (status === 404) return { kind: 'not-found' };
      const parsed = workspaceSchema.safeParse(parseJson(text));
      if (!parsed.success) throw unreachable(host, place, parsed.error);
      const { attributes } = parsed.data.data;
      return {
        kind: 'found',
        workspace: {
          executionMode: attributes['execution-mode'],
          hasVcsConnection: (attributes['vcs-repo'] ?? null) !== null,
        },
      };
    },
    async discardRun({ host, runId }, token) {
      const place = `runs/${encodeURIComponent(runId)}/actions/discard`;
      const { status } = await ask(host, 'POST', place, token);
      return status === 202 || status === 200;
    },
  };
}

function unreachable(host: string, place: string, cause: unknown): OperationError {
  return new OperationError(
    'hcp-unreachable',
    `${host} cannot be asked about ${place}: ${toError(cause).message}`,
    { cause },
  );
}

/** `HttpRequest` by Node's own fetch. */
export const httpRequest: HttpRequest = async (url, { method, headers }) => {
  const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(30_000) });
  return { status: answer.status, text: await answer.text() };
};
