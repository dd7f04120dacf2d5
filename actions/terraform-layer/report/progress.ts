import type { Logger } from '../../shared/log.js';
import { visible, visibleLines } from '../../shared/markdown.js';
import { shortCounts } from '../review/changes.js';
import type { StackProgress } from '../schedule/stack-steps.js';
import type { StackOutcome } from '../schedule/outcome.js';
import type { Stack } from '../stacks/workspace.js';
import type { Command } from '../inputs.js';
import { outcomeLines } from './outcome-lines.js';
import { diffText } from './stack-diff.js';
import { statusWords } from './status.js';

/** Of one stack's diff, what the log shows: what comes first is what is dangerous. */
const diffCharacters = 500_000;

/** Lines of the job's log while stacks run, and each stack's whole output once it has ended. */
export class Progress {
  readonly #log: Logger;
  readonly #command: Command;
  readonly #total: number;
  readonly #redact: (text: string) => string;
  readonly #printed = new Set<string>();
  #ended = 0;

  constructor(
    log: Logger,
    options: {
      readonly command: Command;
      readonly total: number;
      readonly redact: (text: string) => string;
    },
  ) {
    this.#log = log;
    this.#command = options.command;
    this.#total = options.total;
    this.#redact = options.redact;
  }

  step({ displayId }: Stack, progress: StackProgress): void {
    if (progress.kind === 'event') {
      const { event } = progress;
      const worthALine = event.kind === 'resource' && event.phase !== 'start';
      if (worthALine && (this.#command === 'apply' || this.#command === 'destroy'))
        this.#say(`  ${displayId}: ${event.text}`);
      return;
    }
    if (progress.kind === 'retry') {
      const { attempt, attempts, delayMilliseconds, because, step } = progress.retry;
      const pause = (delayMilliseconds / 1000).toFixed(1);
      const [reason = ''] = because.summary.split('\n', 1);
      this.#say(
        `  ${displayId}: ${step} is tried again in ${pause} s (${attempt} of ${attempts}): ${reason}`,
      );
      return;
    }
    if (progress.kind === 'again') {
      this.#say(`  ${displayId}: ${againWords(progress)}`);
      return;
    }
    const words = { init: 'started', plan: 'planning', show: undefined, apply: 'applying' };
    const word = words[progress.step];
    if (word !== undefined) this.#say(`  ${displayId}: ${word}`);
  }

  /** One line with what came of it; the output of a failed or stopped stack follows at once. */
  async end(outcome: StackOutcome): Promise<void> {
    this.#ended += 1;
    const counts = shortCounts(outcome.changes);
    const seconds = (outcome.milliseconds / 1000).toFixed(1);
    this.#say(
      [
        `[${this.#ended}/${Math.max(this.#ended, this.#total)}] ${outcome.stack.displayId}: ${statusWords(this.#command, outcome)}`,
        ...(counts === '' ? [] : [counts]),
        ...(outcome.milliseconds === 0 ? [] : [`${seconds} s`]),
      ].join(', '),
    );
    const { status } = outcome.end;
    if (status === 'failed' || status === 'interrupted' || status === 'stopped') {
      await this.output(outcome);
    }
  }

  /** What Terraform said in one stack, and what its plan changes, in a fold. */
  async output(outcome: StackOutcome): Promise<void> {
    const { stack, lines, changes } = outcome;
    const more = outcomeLines(outcome);
    if (lines.length + more.length === 0 || this.#printed.has(stack.id)) return;
    this.#printed.add(stack.id);
    const diff = diffText(changes, diffCharacters);
    await this.#log.group(visible(`Output of ${stack.displayId}`), () => {
      for (const line of lines) this.#say(line);
      if (diff !== '') this.#say(diff);
      for (const line of more) this.#say(line);
      return Promise.resolve();
    });
  }

  #say(text: string): void {
    this.#log.info(visibleLines(this.#redact(text)));
  }
}

function againWords({ why, upstreams }: Extract<StackProgress, { kind: 'again' }>): string {
  switch (why) {
    case 'planned-outputs':
      return `planning against the planned outputs of ${upstreams.join(', ')}`;
    case 'upstream-changed':
      return `${upstreams.join(', ')} changed meanwhile: planning again`;
    case 'plan-stale':
      return 'its state changed meanwhile: planning again';
  }
}
