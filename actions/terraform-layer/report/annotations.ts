import type { SourceLocation } from '../../shared/errors.js';
import { visibleLines } from '../../shared/markdown.js';
import type { StackOutcome } from '../schedule/outcome.js';
import type { Diagnostic } from '../terraform/diagnostics.js';

/** One message at one place, for all stacks that share the file. */
export interface Annotation {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly at: SourceLocation | undefined;
}

/** GitHub shows ten errors and ten warnings a step; longer ones are of no use there. */
const messageCharacters = 4000;

/**
 * What Terraform said, and which guards would stop an apply; errors first, once for each place: a
 * module's error comes up in every stack that uses it.
 */
export function annotationsOf(outcomes: readonly StackOutcome[]): readonly Annotation[] {
  const found = new Map<string, Omit<Annotation, 'message'> & { text: string; stacks: string[] }>();
  for (const outcome of outcomes) {
    const { stack, end, diagnostics } = outcome;
    if (end.status === 'waiting') continue;
    for (const { severity, summary, detail, at } of [...guardMessages(outcome), ...diagnostics]) {
      const text = detail === '' ? summary : `${summary}: ${detail}`;
      const key = JSON.stringify([severity, text, at?.file, at?.line]);
      const known = found.get(key);
      if (known === undefined) found.set(key, { severity, text, at, stacks: [stack.displayId] });
      else known.stacks.push(stack.displayId);
    }
  }
  return [...found.values()]
    .sort(
      (left, right) => Number(left.severity === 'warning') - Number(right.severity === 'warning'),
    )
    .map(({ severity, text, at, stacks }) => {
      const more = stacks.length > 3 ? ` and ${stacks.length - 3} more` : '';
      const message = visibleLines(`${stacks.slice(0, 3).join(', ')}${more}: ${text}`);
      return {
        severity,
        message:
          message.length <= messageCharacters ? message : `${message.slice(0, messageCharacters)}…`,
        at,
      };
    });
}

function guardMessages({ guards }: StackOutcome): readonly Omit<Diagnostic, 'address'>[] {
  if (guards === undefined) return [];
  return guards.findings.map(({ guard, addresses, hint }) => {
    const more = addresses.length > 10 ? ` and ${addresses.length - 10} more` : '';
    return {
      severity: guards.fails ? 'error' : 'warning',
      summary: `the guard ${guard} will stop its apply: ${addresses.slice(0, 10).join(', ')}${more}`,
      detail: hint,
    };
  });
}
