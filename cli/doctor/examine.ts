import type { Env } from '../../actions/shared/env.js';
import { UserError } from '../../actions/shared/errors.js';
import type { GithubClient } from '../../actions/shared/github-client.js';
import { readConfig } from '../../actions/terraform-layer/stacks/load-config.js';
import { diskFiles } from '../../actions/terraform-layer/stacks/files.js';
import type { Definitions } from '../workflows/definitions.js';
import { checkConfiguration, type CheckedConfiguration } from './check-configuration.js';
import { checkWorkflows, type CheckedWorkflows } from './check-workflows.js';
import type { Finding } from './finding.js';
import { judgeEnvironments } from './github/judge-environments.js';
import { judgeRepository } from './github/judge-repository.js';
import { observeRepository } from './github/observe-repository.js';
import { neededEnvironments } from './needed-environments.js';
import { stackDirectories, workflowTexts } from './repository-files.js';

/** The repository on GitHub, or why it is not asked. */
export type GithubAccess =
  | { readonly kind: 'open'; readonly client: GithubClient; readonly repository: string }
  | { readonly kind: 'closed'; readonly needs: string };

/** Looks at a repository's files, and at its settings on GitHub; changes nothing. */
export async function examine(
  root: string,
  ports: {
    readonly definitions: Definitions;
    readonly env: Env;
    readonly github: GithubAccess;
  },
): Promise<readonly Finding[]> {
  const texts = await workflowTexts(root);
  const workflows = checkWorkflows(texts, ports.definitions, {
    rolesInConfiguration: namesRoles(root),
  });
  const directories = stackDirectories(root, workflows.calls);
  const configuration = await checkConfiguration(root, directories, ports.env);
  const ofGithub = await examineGithub(workflows, configuration, ports.github);
  return [...configuration.findings, ...workflows.findings, ...ofGithub];
}

/** Whether `infra.yml` names roles; its own problems are told elsewhere. */
function namesRoles(root: string): boolean {
  try {
    const { environments } = readConfig(diskFiles(root), '.', undefined).loaded.data;
    return Object.values(environments).some(
      (one) => one?.['plan-role'] !== undefined || one?.['apply-role'] !== undefined,
    );
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

async function examineGithub(
  { calls, files }: CheckedWorkflows,
  configuration: CheckedConfiguration,
  github: GithubAccess,
): Promise<readonly Finding[]> {
  const notSeen = (hint: string): readonly Finding[] => [
    {
      status: 'not-checked',
      area: 'github',
      code: 'github-not-seen',
      message: 'environments, required checks, what Actions may run, the form of OIDC subjects',
      hint,
    },
  ];
  if (github.kind === 'closed') return notSeen(github.needs);
  const needed = neededEnvironments(configuration.environments, calls);
  const observed = await observeRepository(
    github.client,
    needed.map(({ name }) => name),
  );
  if (observed === undefined) {
    return notSeen(`needs a token that may see ${github.repository}, or the right name in --repo`);
  }
  const usesOidc =
    calls.some(({ called }) => called.permissions['id-token'] === 'write') ||
    files.some(({ jobs }) =>
      jobs.some(({ steps }) => steps.some((step) => 'role-to-assume' in step.with)),
    );
  const unknown: readonly Finding[] = configuration.complete
    ? []
    : [
        {
          status: 'not-checked',
          area: 'github',
          code: 'environments-unknown',
          message: 'how the environments of the stacks are protected',
          hint: 'needs stacks and an infra.yml that can be read: see above',
        },
      ];
  return [
    ...unknown,
    ...judgeEnvironments(needed, observed.environments, observed.defaultBranch),
    ...judgeRepository(observed, { calls, files, usesOidc }),
  ];
}
