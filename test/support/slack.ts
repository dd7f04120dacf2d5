import type { SlackAnswer } from '../../emulator/slack/index.js';
import type { TestEmulator } from './emulator.js';
import type { StepResult } from './runner.js';

/** What the emulated webhook has taken since it was emptied, as people read it. */
export async function toldSlack(emulator: TestEmulator): Promise<readonly string[]> {
  const messages = (await emulator.slackControl('GET', 'messages')) as readonly {
    readonly text: string;
  }[];
  return messages.map(({ text }) => text);
}

/** Empties it, and says what the next posts are answered with. */
export async function slackAnswers(
  emulator: TestEmulator,
  ...answers: readonly SlackAnswer[]
): Promise<void> {
  await emulator.slackControl('POST', 'reset');
  await emulator.slackControl('POST', 'answers', answers);
}

/**
 * Lines that a step printed, and what it left behind, in which the webhook or a part of it stands;
 * the command that masks it is for the runner alone.
 */
export function givenAway(
  { rawLog, outputs, summary, annotations }: StepResult,
  { slackWebhookUrl }: TestEmulator,
): readonly string[] {
  const token = slackWebhookUrl.slice(slackWebhookUrl.lastIndexOf('/') + 1);
  return [
    ...rawLog.filter((line) => !line.startsWith('::add-mask::')),
    ...Object.values(outputs),
    ...annotations.map(({ message }) => message),
    summary,
  ].filter((text) => text.includes(token));
}
