import { isDenied, statusOf, type GithubClient } from '../../../actions/shared/github-client.js';
import type { GithubEnvironment } from '../../../actions/terraform-layer/github/gate.js';
import { githubEnvironments } from '../../../actions/terraform-layer/github/observe-gate.js';

/** What GitHub has said, or why it has not. */
export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'denied'; readonly needs: string };

/** What the repository's settings let Actions run. */
export interface ActionsPolicy {
  readonly enabled: boolean;
  readonly allowed: 'all' | 'local_only' | 'selected';
  readonly githubOwnedAllowed: boolean;
  readonly patternsAllowed: readonly string[];
  readonly shaPinningRequired: boolean;
}

/** Where the claims of the token's subject come from. */
export interface SubjectTemplate {
  /** Undefined: GitHub's default. */
  readonly claimKeys: readonly string[] | undefined;
  readonly immutable: boolean;
}

export interface BranchRules {
  readonly requiredChecks: readonly string[];
  readonly mergeQueue: boolean;
}

/** A repository as its settings are on GitHub. */
export interface ObservedRepository {
  readonly defaultBranch: string;
  /** By the name that was asked for. */
  readonly environments: ReadonlyMap<string, Seen<GithubEnvironment>>;
  readonly rules: Seen<BranchRules>;
  readonly policy: Seen<ActionsPolicy>;
  readonly subject: Seen<SubjectTemplate>;
}

/**
 * Reads how the repository is set up; changes nothing. What the token may not see is `denied`.
 *
 * @returns undefined where the token does not see the repository at all
 */
export async function observeRepository(
  client: GithubClient,
  environmentNames: readonly string[],
): Promise<ObservedRepository | undefined> {
  const { octokit, repository } = client;
  const found = await octokit.rest.repos.get(repository).catch((error: unknown) => {
    if (isDenied(error) || statusOf(error) === 401) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const defaultBranch = found.data.default_branch;
  const [environments, rules, policy, subject] = await Promise.all([
    observeEnvironments(client, environmentNames),
    seen('Contents: read', () => observeRules(client, defaultBranch)),
    seen('Administration: read, as an admin', () => observePolicy(client)),
    seen('Actions: read', () => observeSubject(client)),
  ]);
  return { defaultBranch, environments, rules, policy, subject };
}

async function seen<T>(needs: string, read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { kind: 'seen', value: await read() };
  } catch (error) {
    if (isDenied(error)) return { kind: 'denied', needs };
    throw error;
  }
}

async function observeEnvironments(
  client: GithubClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, Seen<GithubEnvironment>>> {
  const denied = { kind: 'denied', needs: 'Actions: read' } as const;
  // Of a private repository a missing right reads like a missing environment, but not of the list.
  const list = await seen('Actions: read', () =>
    client.octokit.rest.repos.getAllEnvironments({ ...client.repository, per_page: 1 }),
  );
  const reader = githubEnvironments(client);
  const entries = names.map(async (name): Promise<[string, Seen<GithubEnvironment>]> => {
    if (list.kind === 'denied') return [name, denied];
    const value = await reader.read(name);
    return [name, value.kind === 'denied' ? denied : { kind: 'seen', value }];
  });
  return new Map(await Promise.all(entries));
}

/** "Get a branch" has the checks of a classic protection, "Get rules for a branch" the rulesets'. */
async function observeRules(
  { octokit, repository }: GithubClient,
  branch: string,
): Promise<BranchRules> {
  const [{ data }, rules] = await Promise.all([
    octokit.rest.repos.getBranch({ ...repository, branch }),
    octokit.paginate(octokit.rest.repos.getBranchRules, { ...repository, branch, per_page: 100 }),
  ]);
  const classic = data.protection.required_status_checks?.contexts ?? [];
  const ofRules = rules.flatMap((rule) =>
    rule.type === 'required_status_checks'
      ? (rule.parameters?.required_status_checks ?? []).map(({ context }) => context)
      : [],
  );
  return {
    requiredChecks: [...new Set([...classic, ...ofRules])],
    mergeQueue: rules.some(({ type }) => type === 'merge_queue'),
  };
}

async function observePolicy({ octokit, repository }: GithubClient): Promise<ActionsPolicy> {
  const { actions } = octokit.rest;
  const { data } = await actions.getGithubActionsPermissionsRepository(repository);
  const allowed = data.allowed_actions ?? 'all';
  const selected =
    allowed === 'selected' ? (await actions.getAllowedActionsRepository(repository)).data : {};
  return {
    enabled: data.enabled,
    allowed,
    githubOwnedAllowed: selected.github_owned_allowed ?? false,
    patternsAllowed: selected.patterns_allowed ?? [],
    shaPinningRequired: data.sha_pinning_required ?? false,
  };
}

async function observeSubject({ octokit, repository }: GithubClient): Promise<SubjectTemplate> {
  const { data } = await octokit.rest.actions.getCustomOidcSubClaimForRepo(repository);
  return {
    claimKeys: data.use_default ? undefined : (data.include_claim_keys ?? []),
    // In the description of the API since 23.0.2, which the client's types are older than.
    immutable: 'use_immutable_subject' in data && data.use_immutable_subject === true,
  };
}
