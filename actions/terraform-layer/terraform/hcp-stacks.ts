import { counted } from '../../shared/counted.js';
import { OperationError, UserError, type Problem } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { Stack } from '../stacks/workspace.js';
import type { HcpApi, HcpWorkspace } from './hcp-api.js';
import type { HostToken } from './hcp-token.js';

export interface HcpPorts {
  readonly api: HcpApi;
  readonly tokenOf: (host: string) => Promise<HostToken>;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/**
 * Asks HCP Terraform (or Terraform Enterprise) how each stack with a `cloud` or `remote` backend
 * runs, before anything runs, and returns the ids of those that run over there.
 *
 * With local execution both are backends like any other. With remote execution a `cloud` stack is
 * planned by a saved plan, which is a run over there; `terraform show -json` fetches that run's
 * plan over the API, and `terraform apply` confirms that very run (Terraform's source,
 * `internal/cloud`). The `remote` backend refuses saved plans, so there is nothing that could be
 * reviewed and then applied; and neither saves plans where a repository starts the runs. Where the
 * host cannot be asked, Terraform is left to say it.
 *
 * @throws UserError with every problem: `hcp-token-missing`, `hcp-token-refused`,
 * `remote-execution-unsupported`, `hcp-vcs-workspace`
 */
export async function checkHcpStacks(
  stacks: readonly Stack[],
  ports: HcpPorts,
): Promise<ReadonlySet<string>> {
  const remote = new Set<string>();
  const problems: Problem[] = [];
  const withoutToken = new Set<string>();
  for (const stack of stacks) {
    const place = workspacePlace(stack);
    if (place === undefined) continue;
    const token = await tokenFor(stack, place.host, ports);
    if (token.kind === 'none') {
      if (!withoutToken.has(place.host)) problems.push(tokenMissing(stack, place.host));
      withoutToken.add(place.host);
      continue;
    }
    if (token.kind === 'helper') {
      ports.log.info(`${place.host}: a helper has the token, so nothing is asked beforehand`);
      continue;
    }
    const workspace = await askedFor(stack, place, token.token, ports, problems);
    if (workspace === undefined || workspace.executionMode === 'local') continue;
    const problem = remoteProblem(stack, place, workspace);
    if (problem === undefined) remote.add(stack.id);
    else problems.push(problem);
  }
  if (problems.length > 0) throw new UserError(problems);
  if (remote.size > 0) ports.log.info(`In HCP Terraform: ${counted(remote.size, 'stack')}`);
  return remote;
}

interface WorkspacePlace {
  readonly host: string;
  readonly organization: string;
  readonly name: string;
}

/** `stateKey` is `cloud://host/organization/workspace` for both backends. */
function workspacePlace({ stateKey }: Stack): WorkspacePlace | undefined {
  const [, host, organization, name] = /^cloud:\/\/([^/]+)\/([^/]+)\/(.+)$/.exec(stateKey) ?? [];
  if (host === undefined || organization === undefined || name === undefined) return undefined;
  return { host, organization, name };
}

/** The token that Terraform would send for a stack, masked from now on. */
export async function tokenFor(
  { backend }: Stack,
  host: string,
  { tokenOf, secrets }: Pick<HcpPorts, 'tokenOf' | 'secrets'>,
): Promise<HostToken> {
  const written = backend.config['token'];
  const found: HostToken =
    typeof written === 'string' && written !== ''
      ? { kind: 'token', token: written }
      : await tokenOf(host);
  if (found.kind === 'token') secrets.add(found.token);
  return found;
}

async function askedFor(
  stack: Stack,
  place: WorkspacePlace,
  token: string,
  { api, log }: HcpPorts,
  problems: Problem[],
): Promise<HcpWorkspace | undefined> {
  const title = `${place.organization}/${place.name} on ${place.host}`;
  try {
    const answer = await api.workspace(place, token);
    switch (answer.kind) {
      case 'found':
        return answer.workspace;
      case 'not-found':
        log.info(
          `${stack.displayId}: the workspace ${title} does not exist yet, or is not to be seen`,
        );
        return undefined;
      case 'token-refused':
        problems.push({
          code: 'hcp-token-refused',
          message: `${stack.displayId}: ${place.host} does not accept the token`,
          ...atBackend(stack),
          hint: 'registry-tokens, or TF_TOKEN_<host>',
        });
        return undefined;
    }
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    log.warning(thrown.message);
    return undefined;
  }
}

function remoteProblem(
  stack: Stack,
  { organization, name }: WorkspacePlace,
  workspace: HcpWorkspace,
): Problem | undefined {
  const title = `${organization}/${name}`;
  if (stack.backend.type === 'remote') {
    return {
      code: 'remote-execution-unsupported',
      message: `${stack.displayId}: the workspace ${title} runs over there, and the "remote" backend cannot save the plan that would be reviewed`,
      ...atBackend(stack),
      hint: 'set the workspace\'s execution mode to "local", use a "cloud" block instead, or leave the stack out with "layers"',
    };
  }
  if (workspace.hasVcsConnection) {
    return {
      code: 'hcp-vcs-workspace',
      message: `${stack.displayId}: a repository starts the runs of the workspace ${title}, which then saves no plan for others`,
      ...atBackend(stack),
      hint: 'take the version control connection out of the workspace, or set its execution mode to "local"',
    };
  }
  return undefined;
}

function tokenMissing(stack: Stack, host: string): Problem {
  return {
    code: 'hcp-token-missing',
    message: `${stack.displayId}: there is no token for ${host}`,
    ...atBackend(stack),
    hint: `registry-tokens: ${host}=<token>`,
  };
}

function atBackend({ backend }: Stack): Pick<Problem, 'at'> {
  return backend.at === undefined ? {} : { at: backend.at };
}
