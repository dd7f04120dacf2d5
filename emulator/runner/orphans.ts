import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that an action left behind. */
export interface Orphan {
  readonly pid: number;
  readonly command: string;
}

async function read(file: string): Promise<string> {
  // Processes end while they are being looked at, and others' are not ours to read.
  return readFile(file, 'utf8').catch(() => '');
}

/**
 * Finds the processes that carry a job's `RUNNER_TRACKING_ID`, as the runner does at a job's end.
 * Only where there is a `/proc`; elsewhere none is found.
 */
async function findOrphans(trackingId: string): Promise<Orphan[]> {
  const names = await readdir('/proc').catch(() => []);
  const orphans: Orphan[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const environment = await read(`/proc/${name}/environ`);
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    const command = (await read(`/proc/${name}/cmdline`)).split('\0').join(' ').trim();
    orphans.push({ pid: Number(name), command });
  }
  return orphans;
}

/** A process that is being killed needs a moment to end. */
const attempts = 40;
const pauseMilliseconds = 25;

/** Ends what a job left running, at once as the runner does. @returns what there was. */
export async function endOrphans(trackingId: string): Promise<Orphan[]> {
  const found = new Map<number, Orphan>();
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const running = await findOrphans(trackingId);
    if (running.length === 0) break;
    for (const orphan of running) {
      found.set(orphan.pid, orphan);
      try {
        process.kill(orphan.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await delay(pauseMilliseconds);
  }
  return [...found.values()];
}
