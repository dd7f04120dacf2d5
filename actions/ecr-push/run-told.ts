import type { Notifier } from '../shared/notify/notifier.js';
import type { Inputs } from './inputs.js';
import { failing } from './notices.js';

/** Runs a command, and tells a chat where it fails; ends when the message is on its way. */
export async function runTold(
  inputs: Inputs,
  { notifier, signal }: { readonly notifier: Notifier; readonly signal: AbortSignal },
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (thrown) {
    const notice = failing(inputs, thrown, { cancelled: signal.aborted });
    if (notice !== undefined) notifier.tell(notice);
    throw thrown;
  } finally {
    await notifier.settled();
  }
}
