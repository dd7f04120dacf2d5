import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../actions/shared/clock.js';
import { parseLockNote } from '../../../actions/terraform-layer/sidecar/lock-notes.js';
import { lockWatch, type LockWatch } from '../../../actions/terraform-layer/sidecar/lock-watch.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import {
  intolerant,
  memorySidecar,
  onlySidecar,
  type MemorySidecar,
} from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';
import { until } from '../../support/until.js';

const runUrl = 'https://github.com/o/r/actions/runs/7';
const lockId = '6f0a3ad2-3f22-4b4e-9d4e-0c7f9f7d9c01';
const name = `lock/${lockId}` as const;

let stack: Stack;
let directory: string;
let lockLog: string;
let sidecar: MemorySidecar;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  const config = { bucket: 'b', key: 'k', use_lockfile: true };
  stack = { ...first, backend: { type: 's3', config } };
});
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'lock-watch-'));
  lockLog = path.join(directory, 'core.log');
  sidecar = memorySidecar();
});
afterEach(() => rm(directory, { recursive: true }));

const says = (what: 'Locked' | 'Unlocked', id = lockId): string =>
  `[INFO]  backend-s3: ${what} remote state (DynamoDB only): tf_backend.lock.id=${id} x=y\n`;

/** A clock whose short pauses pass at once, and whose long ones a test ends. */
function patientClock(): Clock & { readonly long: (() => void)[] } {
  const long: (() => void)[] = [];
  return {
    long,
    now: () => Date.parse('2026-01-01T00:00:00Z'),
    sleep: (milliseconds, signal) =>
      milliseconds < 1000
        ? delay(1)
        : new Promise((resolve, reject) => {
            long.push(resolve);
            signal?.addEventListener('abort', () => reject(new Error('aborted')));
          }),
  };
}

function watch(
  command: string,
  rest: Partial<Parameters<typeof lockWatch>[0]> & { readonly of?: Stack } = {},
): LockWatch {
  return lockWatch({
    ...{ sidecars: onlySidecar(sidecar), tolerate: intolerant, clock: patientClock(), runUrl },
    ...rest,
  })({ stack: rest.of ?? stack, command, lockLog });
}

describe('the word of who holds a lock', () => {
  it.each(['apply', 'state mv'])(
    'is left once %s has the lock, and taken back',
    async (command) => {
      const watching = watch(command);
      await delay(5);
      expect(sidecar.changes).toEqual([]);
      await writeFile(lockLog, says('Locked'));
      await until(() => sidecar.objects.has(name));
      expect(parseLockNote(sidecar.objects.get(name) ?? '')).toEqual({
        ...{ version: 1, lockId, runUrl, command, at: '2026-01-01T00:00:00.000Z' },
      });
      await watching.close(undefined);
      expect(sidecar.changes).toEqual([`write ${name}`, `remove ${name}`]);
    },
  );

  it('of a plan is left when it takes long, and costs nothing when it does not', async () => {
    const clock = patientClock();
    await writeFile(lockLog, says('Locked'));
    const quick = watch('plan', { clock });
    await until(() => clock.long.length === 1);
    await quick.close(undefined);
    expect(sidecar.changes).toEqual([]);

    const slow = watch('plan', { clock });
    await until(() => clock.long.length === 2);
    clock.long[1]?.();
    await until(() => sidecar.objects.has(name));
    await slow.close(undefined);
    expect(sidecar.changes).toEqual([`write ${name}`, `remove ${name}`]);
  });

  it('of a plan that has given its lock back meanwhile is not left', async () => {
    const clock = patientClock();
    await writeFile(lockLog, says('Locked'));
    const watching = watch('plan', { clock });
    await until(() => clock.long.length === 1);
    await writeFile(lockLog, says('Locked') + says('Unlocked'));
    clock.long[0]?.();
    await watching.close(undefined);
    expect(sidecar.changes).toEqual([]);
  });

  it('stays where the lock stands after Terraform, also of a quick plan', async () => {
    await writeFile(lockLog, says('Locked'));
    const applying = watch('apply');
    await until(() => sidecar.objects.has(name));
    await applying.close(lockId);
    expect(sidecar.changes).toEqual([`write ${name}`]);
    sidecar.objects.clear();
    await watch('plan').close(lockId);
    expect(sidecar.objects.has(name)).toBe(true);
  });

  it('leaves the word of other locks alone', async () => {
    sidecar.objects.set('lock/other', 'theirs');
    await writeFile(lockLog, says('Locked'));
    const watching = watch('apply');
    await until(() => sidecar.objects.has(name));
    await watching.close(undefined);
    expect([...sidecar.objects.keys()]).toEqual(['lock/other']);
  });

  it('is not left without a run, nor where no lock outlives its process', async () => {
    await writeFile(lockLog, says('Locked'));
    const local: Stack = { ...stack, backend: { type: 'local', config: {} } };
    const config = { bucket: 'b', key: 'k' };
    const unlocked: Stack = { ...stack, backend: { type: 's3', config } };
    const watching = [
      watch('apply', { runUrl: undefined }),
      watch('apply', { of: local }),
      watch('apply', { of: unlocked }),
      watch('apply', { sidecars: () => undefined }),
    ];
    await delay(20);
    await Promise.all(watching.map((one) => one.close(undefined)));
    expect(sidecar.changes).toEqual([]);
  });

  it('does not fail what it watches where it cannot be written', async () => {
    sidecar.failure = new Error('denied');
    const told: string[] = [];
    await writeFile(lockLog, says('Locked'));
    const watching = watch('apply', {
      tolerate: ({ fallback, consequence }, body) =>
        body().catch(() => {
          told.push(consequence);
          return fallback;
        }),
    });
    await until(() => told.length === 1);
    await watching.close(undefined);
    expect(told).toHaveLength(1);
  });
});
