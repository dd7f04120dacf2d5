import { toError } from '../../shared/errors.js';
import type { Issue, Issues } from '../../shared/issues.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import { describeStep, planIssues, type CheckedStack, type IssueContext } from './issue-plan.js';

/** Addresses of the issues that stand, by stack id. */
export type KeptIssues = ReadonlyMap<string, { readonly number: number; readonly url: string }>;

/**
 * Opens, updates, reopens and closes issues as planned. Without the right to write them it warns
 * once, with the permission to grant, and stops: the job summary has everything.
 */
export async function keepIssues(
  issues: Issues,
  checked: readonly CheckedStack[],
  options: Omit<IssueContext, 'author'> & {
    /** Undefined: GitHub is asked who the token is. */
    readonly author: string | undefined;
    readonly label: string;
  },
  ports: { readonly log: Logger; readonly secrets: Secrets },
): Promise<KeptIssues> {
  const { log, secrets } = ports;
  const kept = new Map<string, { readonly number: number; readonly url: string }>();
  const note = (id: string, { number, url }: Issue): void => void kept.set(id, { number, url });
  try {
    const [existing, author] = await Promise.all([
      issues.list(options.label),
      options.author ?? issues.login(),
    ]);
    for (const step of planIssues(existing, checked, { ...options, author })) {
      switch (step.kind) {
        case 'open': {
          const { title, body, stack } = step;
          const labels = [options.label];
          note(stack.id, await issues.create({ title, body: secrets.redact(body), labels }));
          break;
        }
        case 'update':
        case 'reopen': {
          const { title, body, number, stack } = step;
          const reopened = step.kind === 'reopen' ? { state: 'open' as const } : {};
          const change = { title, body: secrets.redact(body), ...reopened };
          note(stack.id, await issues.update(number, change));
          break;
        }
        case 'close':
          // The words first: closed without them, nobody would know why.
          await issues.comment(step.number, step.comment);
          await issues.update(step.number, { state: 'closed' });
          break;
        case 'keep': {
          const found = existing.find(({ number }) => number === step.number);
          if (found !== undefined) note(step.stack.id, found);
          break;
        }
      }
      log.info(secrets.redact(describeStep(step)));
    }
  } catch (thrown) {
    log.warning(secrets.redact(warningOf(toError(thrown))));
  }
  return kept;
}

function warningOf(error: Error): string {
  const status = 'status' in error ? error.status : undefined;
  const hint =
    status === 410
      ? ' Issues are turned off in this repository: set "drift-issues: false".'
      : status === 403 || status === 404
        ? ' Give the job "permissions: issues: write", or set "drift-issues: false".'
        : '';
  return `The issues of drift could not be kept (${error.message}): the job summary has everything.${hint}`;
}
