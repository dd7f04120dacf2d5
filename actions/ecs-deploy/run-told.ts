import type { Notifier } from '../shared/notify/notifier.js';
import type { Inputs } from './inputs.js';
import { beginning, breaking, ending, isNotified } from './notices.js';
import type { Report } from './report.js';

/**
 * Runs a command and tells a chat when its rollout begins and what it came to, also where it throws.
 * Ends when the messages are on their way, or have had their seconds.
 */
export async function runTold(
  inputs: Inputs,
  { notifier, signal }: { readonly notifier: Notifier; readonly signal: AbortSignal },
  run: (begun: () => void) => Promise<Report>,
): Promise<Report> {
  if (!isNotified(inputs)) return run(() => undefined);
  let begun = false;
  try {
    const report = await run(() => {
      // Of several services each one says so.
      if (!begun) notifier.tell(beginning(inputs));
      begun = true;
    });
    const notice = ending(inputs, report, { begun });
    if (notice !== undefined) notifier.tell(notice);
    return report;
  } catch (thrown) {
    notifier.tell(breaking(inputs, thrown, { cancelled: signal.aborted }));
    throw thrown;
  } finally {
    await notifier.settled();
  }
}
