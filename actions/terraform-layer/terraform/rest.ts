import { join } from 'node:path';
import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/log.js';
import { notedChildren, waitForChildren } from './children.js';
import { heldLockIn, unlockCommand } from './held-lock.js';

/** A cancelled job kills the step after ten seconds; Terraform may need longer to come to rest. */
const waitSeconds = 240;

/**
 * What the post step does for a main step that was killed: waits for Terraform, which lives on in
 * a session of its own, and names each lock that stayed behind.
 */
export async function bringToRest(
  runDirectory: string,
  ports: {
    readonly isRunning: (processId: number) => boolean;
    readonly clock: Clock;
    readonly log: Logger;
  },
): Promise<void> {
  const { log } = ports;
  const directory = join(runDirectory, 'children');
  const left = await waitForChildren({
    ...ports,
    directory,
    timeoutSeconds: waitSeconds,
    onWaiting: (children) => {
      const names = children.map(({ stack, command }) => `${stack} (${command})`).join(', ');
      log.info(`Waiting up to ${waitSeconds} s for Terraform to come to rest: ${names}`);
    },
  });
  const running = new Set(left.map(({ processId }) => processId));
  for (const child of await notedChildren(directory)) {
    const lockId = await heldLockIn(child.lockLog);
    const state = running.has(child.processId)
      ? `still runs (process ${child.processId})`
      : 'has ended';
    const about = `terraform ${child.command} of ${child.stack} ${state}`;
    if (lockId !== undefined) {
      log.warning(
        `${about} and left the lock ${lockId} on its state. To release it: ${unlockCommand(child.directory, lockId)}`,
      );
    } else if (running.has(child.processId)) {
      log.warning(`${about}: its state may stay locked, and the next run then names the lock.`);
    } else {
      log.info(about);
    }
  }
}
