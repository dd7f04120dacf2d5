import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../shared/clock.js';
import { runPost } from '../shared/run.js';
import { isProcessRunning, waitForChildren } from './terraform/children.js';

/** A cancelled job kills the step after ten seconds; Terraform may need longer to come to rest. */
const waitSeconds = 240;

await runPost(async (context) => {
  const { log } = context;
  const runDirectory = context.state('run-directory');
  if (runDirectory === '') return;
  const left = await waitForChildren({
    directory: join(runDirectory, 'children'),
    isRunning: isProcessRunning,
    clock: systemClock,
    timeoutSeconds: waitSeconds,
    onWaiting: (children) => {
      const names = children.map(({ stack, command }) => `${stack} (${command})`).join(', ');
      log.info(`Waiting up to ${waitSeconds} s for Terraform to come to rest: ${names}`);
    },
  });
  for (const { stack, command, processId } of left) {
    log.warning(
      `terraform ${command} of ${stack} still runs (process ${processId}): its state stays locked. ` +
        'Once it is gone, the next run names the lock, and terraform force-unlock <id> releases it.',
    );
  }
  await rm(runDirectory, { recursive: true, force: true });
});
