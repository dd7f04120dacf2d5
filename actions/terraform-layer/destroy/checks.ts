import type { Problem } from '../../shared/errors.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import { isReading } from '../graph/reading-edges.js';
import type { Inputs } from '../inputs.js';
import type { Stack, Workspace } from '../stacks/workspace.js';

/**
 * What keeps stacks from being destroyed, found before anything is touched. Pure; empty where
 * nothing does. A dry run needs no confirmation: it is how one learns what would go.
 *
 * Codes: `destroy-needs-one-environment`, `confirm-missing`, `confirm-mismatch`,
 * `destroyed-stack-is-read`.
 */
export function destroyProblems(
  inputs: Pick<Inputs, 'environments' | 'confirm' | 'dryRun'>,
  workspace: Workspace,
  environments: readonly EnvironmentConfig[],
  chosen: readonly Stack[],
): readonly Problem[] {
  if (inputs.environments.length !== 1) {
    const names = workspace.config.environments.map(({ name }) => name).join(', ');
    return [
      {
        code: 'destroy-needs-one-environment',
        message:
          inputs.environments.length === 0
            ? 'destroy does not take every environment: name the one'
            : `destroy takes one environment at a time, not ${inputs.environments.join(', ')}`,
        at: { input: 'environment' },
        hint: `one of ${names}`,
      },
    ];
  }
  const [environment] = environments;
  // An unknown name is a problem of its own.
  if (environment === undefined) return [];
  return [...confirmProblems(inputs, environment.name), ...readerProblems(workspace, chosen)];
}

function confirmProblems(
  { confirm, dryRun }: Pick<Inputs, 'confirm' | 'dryRun'>,
  environment: string,
): readonly Problem[] {
  if (confirm === undefined) {
    if (dryRun) return [];
    return [
      {
        code: 'confirm-missing',
        message: `destroying stacks of "${environment}" must be confirmed`,
        at: { input: 'confirm' },
        hint: `type the environment's name: ${environment}; "dry-run: true" shows what would be destroyed`,
      },
    ];
  }
  if (confirm === environment) return [];
  return [
    {
      code: 'confirm-mismatch',
      message: `"${confirm}" is not the name of the environment that would be destroyed`,
      at: { input: 'confirm' },
      hint: `it is "${environment}"`,
    },
  ];
}

/** A stack that others read cannot go before them; those of other environments read shared ones. */
function readerProblems(
  { edges, stacks, config }: Workspace,
  chosen: readonly Stack[],
): readonly Problem[] {
  const ids = new Set(chosen.map(({ id }) => id));
  const byId = new Map(stacks.map((stack) => [stack.id, stack]));
  const shared = new Set(config.environments.filter((one) => one.shared).map(({ name }) => name));
  return chosen.flatMap((stack): Problem[] => {
    const readers = edges
      .filter((edge) => edge.to === stack.id && !ids.has(edge.from) && isReading(edge))
      .flatMap(({ from }) => byId.get(from)?.displayId ?? []);
    if (readers.length === 0) return [];
    const more = readers.length > 10 ? ` and ${readers.length - 10} more` : '';
    const what = shared.has(stack.environment) ? ' of a shared environment' : '';
    return [
      {
        code: 'destroyed-stack-is-read',
        message: `${stack.displayId}${what} is read by ${readers.slice(0, 10).join(', ')}${more}`,
        at: { file: stack.directory },
        hint: 'destroy the readers too, or first take what reads it out of their code',
      },
    ];
  });
}
