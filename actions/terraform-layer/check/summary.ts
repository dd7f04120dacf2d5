import { counted } from '../../shared/counted.js';
import { formatLocation, type Problem } from '../../shared/errors.js';
import { code, heading, paragraph, renderMarkdown, table, visible } from '../../shared/markdown.js';

/** More rows than anybody reads; the log has them all. */
const maximumRows = 500;

/** What was looked at, and what was found. Pure. */
export interface CheckResult {
  /** Stacks that there are; undefined where the configuration is not understood. */
  readonly stacks: number | undefined;
  /** Root modules that were validated. */
  readonly validated: number;
  readonly problems: readonly Problem[];
}

/** Markdown for the job summary: a row a rule, and a row a problem. Pure. */
export function checkSummary({ stacks, validated, problems }: CheckResult): string {
  const counts = new Map<string, number>();
  for (const problem of problems) counts.set(problem.code, (counts.get(problem.code) ?? 0) + 1);
  const shown = problems.slice(0, maximumRows);
  return renderMarkdown([
    heading(
      3,
      problems.length === 0 ? 'Check passed' : `Check found ${counted(problems.length, 'problem')}`,
    ),
    paragraph(
      stacks === undefined
        ? 'The stacks are not understood, so no module was validated.'
        : `${counted(stacks, 'stack')}, ${counted(validated, 'root module')} validated.`,
    ),
    ...(problems.length === 0
      ? []
      : [
          table(
            ['Rule', 'Problems'],
            [...counts].sort().map(([rule, count]) => [code(rule), String(count)]),
          ),
          table(
            ['Where', 'Rule', 'What'],
            shown.map(({ at, code: rule, message, hint }) => [
              at === undefined ? '' : code(visible(formatLocation(at))),
              code(rule),
              code(visible(hint === undefined ? message : `${message} (${hint})`)),
            ]),
          ),
        ]),
    ...(problems.length > shown.length
      ? [paragraph(`${problems.length - shown.length} more are in the log of this step.`)]
      : []),
  ]);
}
