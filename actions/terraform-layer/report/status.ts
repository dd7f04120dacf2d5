import { hasDrifted } from '../drift/findings.js';
import type { NodeStatus } from '../graph/picture.js';
import type { Command } from '../inputs.js';
import type { StackOutcome } from '../schedule/outcome.js';

/** The colour of a stack in the graph. */
export function nodeStatus({ end, changes }: StackOutcome): NodeStatus {
  switch (end.status) {
    case 'changes':
      return isDestructive({ changes }) ? 'destroys' : 'changes';
    case 'interrupted':
      return 'failed';
    default:
      return end.status;
  }
}

/** Whether something that exists goes away, to be made again or not. */
export function isDestructive({ changes }: Pick<StackOutcome, 'changes'>): boolean {
  return changes.counts.destroy + changes.counts.replace > 0;
}

/** One or two words for a table. */
export function statusWords(command: Command, { end, drift }: StackOutcome): string {
  switch (end.status) {
    case 'unchanged':
      return command === 'drift' ? '✅ in sync' : '✅ no changes';
    case 'changes':
      if (command !== 'drift') return '📝 changes';
      return hasDrifted(drift) ? '⚠️ drifted' : '📝 not applied yet';
    case 'applied':
      return command === 'destroy' ? '🗑️ destroyed' : '🚀 applied';
    case 'stopped':
      return '✋ stopped';
    case 'waiting':
      return '⏳ waits';
    case 'failed':
      return end.lock === undefined ? `❌ ${end.step} failed` : '🔒 locked';
    case 'interrupted':
      return `🛑 interrupted in ${end.step}`;
    case 'not-started':
      return '⏸️ not started';
  }
}

/** The order of details: what needs a person first. */
export function urgency(outcome: StackOutcome): number {
  switch (outcome.end.status) {
    case 'failed':
    case 'stopped':
      return 0;
    case 'interrupted':
      return 1;
    case 'changes':
    case 'applied':
      return isDestructive(outcome) ? 2 : 3;
    case 'waiting':
      return 4;
    case 'not-started':
      return 5;
    case 'unchanged':
      return 6;
  }
}

/** Whether it changes something, has done so, or would. */
export function isChanging({ end }: StackOutcome): boolean {
  return end.status === 'changes' || end.status === 'applied' || end.status === 'stopped';
}
