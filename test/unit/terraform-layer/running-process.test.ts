import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isProcessRunning } from '../../../actions/terraform-layer/terraform/children.js';
import { describeWhere, type Requirement } from '../../support/requirement.js';

it('a process runs until it has ended', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  expect(isProcessRunning(pid)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isProcessRunning(pid)).toBe(false);
});

const tellsTheEnded: Requirement =
  process.platform === 'linux'
    ? { met: true }
    : { met: false, reason: 'Linux, whose /proc tells a process that has ended' };

describeWhere(tellsTheEnded, 'a process that has ended', () => {
  it('runs no more, though its parent never asks how', async () => {
    // The shell becomes another program, which knows of no child: until then, it would ask.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const processId = Number(line.toString());
      while ((await programOf(parent.pid ?? 0)) !== 'sleep') await delay(10);
      expect(isProcessRunning(processId)).toBe(true);
      process.kill(processId, 'SIGKILL');
      while (isProcessRunning(processId)) await delay(10);
      // It is still there.
      expect(process.kill(processId, 0)).toBe(true);
    } finally {
      parent.kill('SIGKILL');
    }
  }, 10_000);
});

async function programOf(processId: number): Promise<string> {
  return (await readFile(`/proc/${processId}/comm`, 'utf8')).trim();
}
