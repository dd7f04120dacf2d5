import { counted } from '../../shared/counted.js';
import { hasDrifted } from '../drift/findings.js';
import type { Command } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import { isFailure, type StackOutcome } from '../schedule/outcome.js';
import { text, type Inline } from '../../shared/markdown.js';
import { nameList } from './name-list.js';

const titles: Readonly<Record<Command, string>> = {
  plan: 'Terraform plan',
  apply: 'Terraform apply',
  drift: 'Terraform drift',
  destroy: 'Terraform destroy',
  graph: 'Terraform stacks',
  check: 'Terraform check',
  state: 'Terraform state',
  unlock: 'Terraform locks',
  conclude: 'Terraform apply',
};

/** `Terraform plan: dev, staging`, the names as code. */
export function headline(
  { command, environments }: RunPlan,
  outcomes: readonly StackOutcome[],
): readonly Inline[] {
  const present = new Set(outcomes.map(({ stack }) => stack.environment));
  const names = environments.map(({ name }) => name).filter((name) => present.has(name));
  if (names.length === 0) return [text(titles[command])];
  return [text(`${titles[command]}: `), ...nameList(names, 6)];
}

/** One sentence of counts over all stacks. */
export function tally(command: Command, outcomes: readonly StackOutcome[]): string {
  if (outcomes.length === 0) return 'No stack is affected.';
  // What was stopped, or failed on its way, has not been done.
  const counted = outcomes.filter(
    ({ end }) => end.status === 'changes' || end.status === 'applied',
  );
  const sum = (key: 'add' | 'change' | 'replace' | 'destroy'): number =>
    counted.reduce((total, { changes }) => total + changes.counts[key], 0);
  const count = (status: StackOutcome['end']['status']): number =>
    outcomes.filter(({ end }) => end.status === status).length;
  const changing = count('changes') + count('applied');
  const unchanged = count('unchanged');
  const all = stacks(outcomes.length);
  const some = (number: number): string =>
    number === outcomes.length ? all : `${number} of ${all}`;
  const counts = (words: readonly [string, string, string, string]): string =>
    `${sum('add')} ${words[0]}, ${sum('change')} ${words[1]}, ${sum('replace')} ${words[2]}, ${sum('destroy')} ${words[3]}`;
  const future = counts(['to add', 'to change', 'to replace', 'to destroy']);
  const past = counts(['added', 'changed', 'replaced', 'destroyed']);
  const drifted = outcomes.filter(({ drift }) => hasDrifted(drift)).length;
  const withChanges: Readonly<Record<Command, string>> = {
    plan: `${future} in ${some(changing)}`,
    apply: `Applied ${some(changing)}: ${past}`,
    drift: `${drifted} drifted, ${changing - drifted} not applied yet, of ${all}: ${future}`,
    destroy: `Destroyed ${some(changing)}: ${past}`,
    graph: all,
    check: all,
    state: all,
    unlock: all,
    conclude: all,
  };
  const parts: readonly (readonly [number, string])[] = [
    [changing, withChanges[command]],
    [count('stopped'), `${count('stopped')} stopped and not applied`],
    [unchanged, `${command === 'drift' ? 'in sync' : 'no changes'} in ${some(unchanged)}`],
    [count('failed'), `${count('failed')} failed`],
    [count('interrupted'), `${count('interrupted')} interrupted`],
    [count('not-started'), `${count('not-started')} not started`],
    [count('waiting'), `${count('waiting')} waiting for a state that does not exist yet`],
  ];
  const words = parts.flatMap(([number, part]) => (number === 0 ? [] : [part])).join('; ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** Why the step fails, with the stacks by name; undefined where it does not. */
export function describeFailure(
  command: Command,
  outcomes: readonly StackOutcome[],
): string | undefined {
  const listed = (
    label: string,
    belongs: (outcome: StackOutcome) => boolean,
  ): readonly string[] => {
    const ids = outcomes.filter(belongs).map(({ stack }) => stack.displayId);
    if (ids.length === 0) return [];
    const more = ids.length > 10 ? ` and ${ids.length - 10} more` : '';
    return [`${label}: ${ids.slice(0, 10).join(', ')}${more}`];
  };
  const named = (label: string, status: StackOutcome['end']['status']): readonly string[] =>
    listed(label, ({ end }) => end.status === status);
  // A plan that a policy denies would be stopped: its check fails before anyone merges it.
  const denied = ({ end, hooks = [] }: StackOutcome): boolean =>
    end.status === 'changes' && hooks.some(({ passed }) => !passed);
  // As of a guard; the label that allows it makes a re-run pass.
  const guarded = ({ end, guards }: StackOutcome): boolean =>
    end.status === 'changes' && guards?.fails === true;
  const waitingFails = command === 'apply' || command === 'destroy';
  const failed = outcomes.some(
    (outcome) =>
      isFailure(outcome) ||
      denied(outcome) ||
      guarded(outcome) ||
      (waitingFails && outcome.end.status === 'waiting'),
  );
  if (!failed) return undefined;
  return [
    ...named('Failed', 'failed'),
    ...named('Stopped', 'stopped'),
    ...listed('Denied by policy', denied),
    ...listed('Kept by a guard until it is allowed', guarded),
    ...named('Interrupted', 'interrupted'),
    ...(waitingFails ? named('Without the state of an upstream', 'waiting') : []),
    ...named('Not started', 'not-started'),
  ].join('. ');
}

function stacks(count: number): string {
  return counted(count, 'stack');
}
