import { Listr } from 'listr2';
import { createInterface } from 'node:readline/promises';
import type { Timeline } from './timeline.js';

/** Shows what runs: a live list in a terminal, plain lines where the output is piped. */
export interface Display {
  readonly interactive: boolean;
  say(text: string): void;
  /** Shows `title` as running, and the last line that `body` reports under it. */
  step<T>(title: string, body: (report: (line: string) => void) => Promise<T>): Promise<T>;
  /** Asks for a yes; without a terminal the answer is yes, and that is said. */
  approve(question: string, signal: AbortSignal): Promise<boolean>;
}

export function createDisplay(timeline: Timeline): Display {
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const say = (text: string): void => console.log(text);
  return {
    interactive,
    say,
    step: (title, body) =>
      timeline.record(title, () =>
        interactive ? liveStep(title, body) : plainStep(title, body, say),
      ),
    approve: async (question, signal) => {
      if (!interactive) {
        say(`  ${question} yes (no terminal to ask in: going on)`);
        return true;
      }
      const lines = createInterface({ input: process.stdin, output: process.stdout });
      try {
        const answer = await lines.question(`  ${question} [y/N] `, { signal });
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        lines.close();
      }
    },
  };
}

async function liveStep<T>(
  title: string,
  body: (report: (line: string) => void) => Promise<T>,
): Promise<T> {
  let result: { readonly value: T } | undefined;
  // The emulator goes on reporting to the step that started it, whose line is then gone.
  let running = true;
  await new Listr(
    [
      {
        title,
        task: async (_context, task) => {
          const value = await body((line) => {
            if (running) task.output = line;
          });
          running = false;
          result = { value };
        },
      },
    ],
    // The demo itself decides what Ctrl-C does.
    { registerSignalListeners: false },
  ).run();
  if (result === undefined) throw new Error(`${title}: left without a result`);
  return result.value;
}

async function plainStep<T>(
  title: string,
  body: (report: (line: string) => void) => Promise<T>,
  say: (text: string) => void,
): Promise<T> {
  say(`> ${title}`);
  const since = Date.now();
  const result = await body((line) => say(`    ${line}`));
  say(`  done in ${((Date.now() - since) / 1000).toFixed(1)} s`);
  return result;
}
