import { UserError } from '../../shared/errors.js';
import { loadWorkspace } from '../stacks/load-workspace.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { filesBetween, renamesBetween } from './changed-files.js';
import { gitFiles } from './git-files.js';
import type { Git } from './git.js';
import { judgeFates, stackFates, type StateFinding, type StateProbe } from './removed-stacks.js';

/** Files that say which stacks there are, or where their states are. */
const telling = /\.(?:tf|tofu|tfvars|hcl|tfbackend|json|ya?ml)$/;

export interface BaseStacksOptions {
  readonly git: Git;
  readonly head: Workspace;
  /** Commits to compare with, the oldest first; a stack is told of once. */
  readonly bases: readonly string[];
  /** As `loadWorkspace` takes it. */
  readonly configPath?: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly varFiles: readonly string[];
  readonly states: StateProbe;
  /** Told of a base that is not understood. */
  readonly onUnreadable: (base: string, error: UserError) => void;
}

/**
 * What became of the stacks of earlier commits: those that are gone or have another state, and
 * those that were renamed. A base is read from git's objects, and only where a file that tells of
 * stacks differs. One that cannot be understood is skipped: its own repair may be what is checked
 * out.
 *
 * @throws UserError `git-failed`
 */
export async function stateFindings(options: BaseStacksOptions): Promise<readonly StateFinding[]> {
  const { git, head, bases, states } = options;
  const findings = new Map<string, StateFinding>();
  for (const base of bases) {
    const { changed, deleted } = await filesBetween(git, base, 'HEAD');
    if (![...changed, ...deleted].some((file) => telling.test(file))) continue;
    const before = await workspaceAt(base, options);
    if (before === undefined) continue;
    const fates = stackFates(before, head, await renamesBetween(git, base, 'HEAD'));
    for (const finding of await judgeFates(fates, base, states)) {
      const { from } = finding.fate;
      // The oldest base comes first; a newer one knows better where the stack still was.
      findings.set(JSON.stringify([from.id, from.stateKey]), finding);
    }
  }
  return [...findings.values()];
}

async function workspaceAt(
  base: string,
  { git, head, configPath, variables, varFiles, onUnreadable }: Omit<BaseStacksOptions, 'states'>,
): Promise<Workspace | undefined> {
  const files = await gitFiles(git, base);
  const named = configPath !== undefined && files.read(configPath) !== undefined;
  try {
    return await loadWorkspace({
      root: git.root,
      directory: head.directory,
      files,
      variables,
      varFiles,
      ...(named ? { configPath } : {}),
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Where there was no stack yet, none can be missing, whatever else names one.
    const first = error.problems.some(({ code }) => code === 'no-stacks');
    if (!first) onUnreadable(base, error);
    return undefined;
  }
}

/**
 * The stacks that `moved-from` of the checked out commit finds at an earlier place with another
 * state, in any of these commits; a later commit knows better where a stack was last.
 *
 * @throws UserError `git-failed`
 */
export async function declaredMoves(
  options: Omit<BaseStacksOptions, 'states' | 'onUnreadable'>,
): Promise<readonly { readonly from: Stack; readonly to: Stack }[]> {
  const found = new Map<string, { readonly from: Stack; readonly to: Stack }>();
  for (const base of options.bases) {
    const before = await workspaceAt(base, { ...options, onUnreadable: () => undefined });
    if (before === undefined) continue;
    for (const fate of stackFates(before, options.head, new Map())) {
      if (fate.kind === 'other-state' && fate.declared) found.set(fate.to.id, fate);
    }
  }
  return [...found.values()];
}
