import { UserError, type Problem } from '../shared/errors.js';
import {
  chooseEnvironments,
  chooseStacks,
  type LeftOutEnvironment,
  type StackReason,
} from './choose-stacks.js';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { PolicyDifference } from './changes/policy-difference.js';
import type { ObservedHistory } from './changes/observed-history.js';
import type { Unpromoted } from './changes/promotion.js';
import type { StateFinding } from './changes/removed-stacks.js';
import type { Affected } from './graph/affected.js';
import { dependenciesAmong, wavesOf } from './graph/waves.js';
import { destroyProblems } from './destroy/checks.js';
import type { Command, Inputs } from './inputs.js';
import type { EnvironmentStage } from './schedule/run-stacks.js';
import type { Stack, Workspace } from './stacks/workspace.js';
import { legProblems } from './waves/leg-problems.js';

/** What was read before anything is decided. */
export interface Observed {
  readonly workspace: Workspace;
  /** Set where `layers` is `changed`. */
  readonly affected: Affected | undefined;
  /** What the run is judged against: its base's gates, and stacks that are gone. */
  readonly history: Pick<ObservedHistory, 'policy' | 'findings' | 'unpromoted'>;
  /** Names of the variables that each stack's root module declares, by id. */
  readonly declaredVariables: ReadonlyMap<string, ReadonlySet<string>>;
  /** Var files of the input that do not exist. */
  readonly missingVarFiles: readonly string[];
  /** Names of environments that the run leaves out, and whose own plan would change nothing. */
  readonly earlierUpToDate?: readonly string[];
}

/** What a run will do, and why; a dry run prints it. */
export interface RunPlan {
  readonly command: Command;
  readonly workspace: Workspace;
  /** In promotion order. */
  readonly environments: readonly EnvironmentConfig[];
  /** Plans and drift checks need no order: each of their stages stands alone. */
  readonly stages: readonly EnvironmentStage[];
  readonly reasons: ReadonlyMap<string, StackReason>;
  readonly waves: readonly {
    readonly environment: string;
    readonly stacks: readonly (readonly string[])[];
  }[];
  readonly leftOut: readonly LeftOutEnvironment[];
  /** Stacks that are gone, renamed, or have another state; an error among them fails a plan. */
  readonly findings: readonly StateFinding[];
  /** Gates that this change alters, and that count after its merge. */
  readonly policyDifferences: readonly PolicyDifference[];
  /** Whether other jobs of the same run apply other stacks of its environment. */
  readonly isLeg?: boolean;
  /** Names of environments that come before and were planned besides: nothing changes there. */
  readonly earlierUpToDate: readonly string[];
}

/**
 * Decides which stacks run, in which order. Pure.
 *
 * @throws UserError with every problem: `environment-unknown`, `environment-never-applied`,
 * `layers-match-nothing`, `variable-undeclared`, `var-file-missing`, `not-promoted`,
 * `leg-stack-unknown`, and those of `destroyProblems` and `legProblems`; for an apply also `deleted-stack-has-state`, `state-left-behind`
 */
export function planRun(inputs: Inputs, observed: Observed): RunPlan {
  const { workspace } = observed;
  const problems: Problem[] = [];
  const { environments, leftOut } = chooseEnvironments(inputs, workspace, problems);
  const reasons = chooseStacks(inputs, observed, environments, problems);
  const chosen = workspace.stacks.filter(({ id }) => reasons.has(id));
  problems.push(...variableProblems(inputs, observed, chosen));
  if (inputs.stacksPerRunner !== undefined) {
    const { stacksPerRunner } = inputs;
    const ids = chosen.map(({ id }) => id);
    problems.push(...legProblems({ environments, chosen: ids, workspace, stacksPerRunner }));
  }
  if (inputs.command === 'destroy') {
    problems.push(...destroyProblems(inputs, workspace, environments, chosen));
  }
  for (const file of observed.missingVarFiles) {
    problems.push({
      code: 'var-file-missing',
      message: `"${file}" does not exist`,
      at: { input: 'var-file' },
      hint: "a path from the repository's root",
    });
  }
  // An apply stops before anything is changed; a plan shows the rest, and fails at the end.
  if (inputs.command === 'apply') {
    const errors = observed.history.findings.filter(({ severity }) => severity === 'error');
    problems.push(...errors.map(({ problem }) => problem));
  }
  const { earlierUpToDate = [] } = observed;
  const unpromoted = observed.history.unpromoted.filter(
    ({ before }) => !earlierUpToDate.includes(before.environment),
  );
  problems.push(...promotionProblems(unpromoted, reasons));
  if (problems.length > 0) throw new UserError(problems);
  return {
    command: inputs.command,
    workspace,
    environments,
    stages: stagesOf(inputs.command, workspace, environments, chosen),
    reasons,
    waves: environments.map(({ name }) => ({
      environment: name,
      stacks: wavesOf(
        chosen.filter(({ environment }) => environment === name).map(({ id }) => id),
        edgesFor(inputs.command, workspace),
      ),
    })),
    leftOut,
    findings: observed.history.findings,
    policyDifferences: observed.history.policy.differences,
    ...(inputs.leg === undefined ? {} : { isLeg: true }),
    earlierUpToDate,
  };
}

/** The stacks of a run, in the order in which they are reported. */
export function plannedStacks(plan: Pick<RunPlan, 'stages'>): readonly Stack[] {
  return plan.stages.flatMap((stage) => stage.stacks.map(({ stack }) => stack));
}

/** One problem for each pair of environments; stacks that the run leaves out are none. */
function promotionProblems(
  unpromoted: readonly Unpromoted[],
  chosen: ReadonlyMap<string, unknown>,
): readonly Problem[] {
  const pairs = new Map<string, Unpromoted[]>();
  for (const one of unpromoted.filter(({ stack }) => chosen.has(stack.id))) {
    const key = JSON.stringify([one.stack.environment, one.before.environment]);
    pairs.set(key, [...(pairs.get(key) ?? []), one]);
  }
  return [...pairs.values()].flatMap((all): Problem[] => {
    const [first] = all;
    if (first === undefined) return [];
    const [own, before] = [first.stack.environment, first.before.environment];
    const names = all.slice(0, 5).map(({ before: { displayId }, sha }) => {
      const since = sha === undefined ? 'it was never applied' : `it is at ${sha.slice(0, 7)}`;
      return `${displayId} (${since})`;
    });
    const more = all.length > names.length ? ` and ${all.length - names.length} more` : '';
    return [
      {
        code: 'not-promoted',
        message: `"${own}" comes after "${before}", which has not got these changes: ${names.join(', ')}${more}`,
        at: { input: 'environment' },
        hint:
          `apply both in one run (environment: ${before}, ${own}), which asks for no approval of ` +
          `"${before}" where nothing changes there, or ${before} first; where ` +
          `"${own}" need not wait for it, take it out of its "after" in infra.yml`,
      },
    ];
  });
}

function variableProblems(
  { variables }: Inputs,
  { declaredVariables }: Observed,
  chosen: readonly Stack[],
): readonly Problem[] {
  if (chosen.length === 0) return [];
  return Object.keys(variables)
    .filter((name) => !chosen.some(({ id }) => declaredVariables.get(id)?.has(name) === true))
    .map((name) => ({
      code: 'variable-undeclared',
      message: `no stack of this run declares the variable "${name}"`,
      at: { input: 'vars' },
    }));
}

function stagesOf(
  command: Command,
  workspace: Workspace,
  environments: readonly EnvironmentConfig[],
  chosen: readonly Stack[],
): readonly EnvironmentStage[] {
  const ordered = command === 'apply' || command === 'destroy';
  const edges = edgesFor(command, workspace);
  const running = new Set(environments.map(({ name }) => name));
  const ids = chosen.map(({ id }) => id);
  const dependencies = dependenciesAmong(ids, edges);
  const depths = new Map(
    wavesOf(ids, edges).flatMap((wave, depth) => wave.map((id) => [id, depth] as const)),
  );
  return environments.map(({ name }) => ({
    environment: name,
    after: ordered ? runningBefore(name, workspace, running) : [],
    stacks: chosen
      .filter(({ environment }) => environment === name)
      .sort((a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0))
      .map((stack) => ({ stack, after: ordered ? [...(dependencies.get(stack.id) ?? [])] : [] })),
  }));
}

/** What was built last is destroyed first: for `destroy` every arrow is turned round. */
function edgesFor(command: Command, { edges }: Workspace): Workspace['edges'] {
  if (command !== 'destroy') return edges;
  return edges.map(({ from, to, origins }) => ({ from: to, to: from, origins }));
}

/** The environments of this run that come before one, also where others lie between. */
function runningBefore(
  name: string,
  { config }: Workspace,
  running: ReadonlySet<string>,
): readonly string[] {
  const after = new Map(
    config.environments.map((environment) => [environment.name, environment.after]),
  );
  const found = new Set<string>();
  const seen = new Set([name]);
  const open = [...(after.get(name) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (running.has(next)) found.add(next);
    else open.push(...(after.get(next) ?? []));
  }
  return [...found];
}
