import type { ImageScan, ScanOutcome } from '../../../actions/ecr-push/scan/image-scan.js';
import { awaitScan } from '../../../actions/ecr-push/scan/await-scan.js';
import { anyDigest, fakeEcr, type FakeEcr } from '../../support/ecr.js';
import { finding, imageScan } from '../../support/ecr-scans.js';

const digest = anyDigest('1');
const minute = 60_000;
const day = 24 * 60 * minute;
const running = imageScan({ status: 'IN_PROGRESS', completedAt: undefined, findings: undefined });

interface Options {
  readonly start?: FakeEcr['scanStart'];
  readonly now?: number;
  readonly signal?: AbortSignal;
}

async function wait(
  scans: readonly (ImageScan | undefined)[],
  options: Options = {},
): Promise<{ outcome: ScanOutcome; starts: number; minutes: number }> {
  const ecr = fakeEcr();
  ecr.scans.set(digest, scans);
  if (options.start !== undefined) ecr.scanStart = options.start;
  const begun = options.now ?? 0;
  let now = begun;
  const clock = {
    now: () => now,
    sleep: (milliseconds: number) => {
      if (options.signal?.aborted === true) return Promise.reject(new Error('aborted'));
      now += milliseconds;
      return Promise.resolve();
    },
  };
  const signal = options.signal ?? new AbortController().signal;
  const ports = { ecr, clock, signal };
  const outcome = await awaitScan(ports, 'shop/service-a', digest, begun + minute);
  const starts = ecr.calls.filter((call) => call.startsWith('startScan')).length;
  return { outcome, starts, minutes: (now - begun) / minute };
}

const found = imageScan({ findings: [finding()] });
const scanned = { kind: 'scanned', type: 'basic', findings: [finding()] };

describe('a basic scan', () => {
  it('is asked for once where there is none, and waited for', async () => {
    const scans = [undefined, undefined, running, running, found];
    expect(await wait(scans)).toMatchObject({ outcome: scanned, starts: 1 });
  });

  it('that began with the push is waited for', async () => {
    expect(await wait([running, found])).toMatchObject({ outcome: scanned, starts: 0 });
  });

  it('that is not seen yet, and was begun within the day, is waited for', async () => {
    const start = { kind: 'scanned-today' } as const;
    expect(await wait([undefined, running, found], { start })).toMatchObject({ outcome: scanned });
  });

  it('of more than a day ago is made again, and the old result is not taken', async () => {
    const newer = imageScan({ completedAt: 2 * day, findings: [] });
    expect(await wait([found, found, running, newer], { now: 2 * day })).toMatchObject({
      outcome: { kind: 'scanned', findings: [] },
      starts: 1,
    });
  });

  it('of less than a day ago is taken as it is', async () => {
    expect(await wait([found], { now: day - 1 })).toMatchObject({ outcome: scanned, starts: 0 });
  });

  it('that failed is made again, or told where ECR does not make it', async () => {
    const failed = imageScan({ status: 'FAILED', description: 'why', findings: undefined });
    expect(await wait([failed, running, found])).toMatchObject({ outcome: scanned });
    const start = { kind: 'scanned-today' } as const;
    expect(await wait([failed], { start })).toMatchObject({
      outcome: { kind: 'failed', status: 'FAILED', reason: 'why' },
    });
  });

  it('of an image that ECR does not know is no result', async () => {
    const unknown = imageScan({ status: 'UNSUPPORTED_IMAGE', description: 'why' });
    expect(await wait([unknown])).toMatchObject({ outcome: { kind: 'unsupported' } });
    const start = { kind: 'unsupported', reason: 'why' } as const;
    expect(await wait([undefined], { start })).toMatchObject({ outcome: start });
  });
});

describe('an enhanced scan', () => {
  const active = imageScan({ type: 'enhanced', status: 'ACTIVE', findings: [finding()] });
  const pending = imageScan({ type: 'enhanced', status: 'PENDING', findings: undefined });
  const start = { kind: 'not-by-hand', reason: 'This feature is disabled' } as const;

  it('begins by itself, and is waited for', async () => {
    expect(await wait([undefined, undefined, pending, active], { start })).toMatchObject({
      outcome: { kind: 'scanned', type: 'enhanced', findings: [finding()] },
    });
  });

  it('that is active without findings to tell has no result yet', async () => {
    const bare = imageScan({ type: 'enhanced', status: 'ACTIVE', findings: undefined });
    expect(await wait([bare, active])).toMatchObject({ outcome: { kind: 'scanned' } });
    expect(await wait([bare])).toMatchObject({ outcome: { kind: 'timed-out', status: 'ACTIVE' } });
  });

  it('is never asked for again, however old', async () => {
    const old = { ...active, status: 'COMPLETE' };
    expect(await wait([old], { now: 9 * day })).toMatchObject({ starts: 0 });
  });

  it('that no rule begins ends with what ECR said', async () => {
    expect((await wait([undefined], { start })).outcome).toEqual({
      kind: 'timed-out',
      status: undefined,
      notStarted: 'This feature is disabled',
    });
  });

  it.each(['SCAN_ELIGIBILITY_EXPIRED', 'FINDINGS_UNAVAILABLE', 'LIMIT_EXCEEDED', 'A_NEW_STATE'])(
    'that is %s has no result, even where old findings are there',
    async (status) => {
      const { outcome } = await wait([{ ...active, status }]);
      expect(outcome).toMatchObject({ kind: 'failed', status });
    },
  );
});

it('ends when its time is over, and looks every few seconds until then', async () => {
  const { outcome, minutes } = await wait([running]);
  expect(outcome).toEqual({ kind: 'timed-out', status: 'IN_PROGRESS', notStarted: undefined });
  expect(minutes).toBe(1);
});

it('ends when the job is cancelled', async () => {
  await expect(wait([running], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
});
