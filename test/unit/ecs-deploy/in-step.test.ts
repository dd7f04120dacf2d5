import fc from 'fast-check';
import { inStep } from '../../../actions/ecs-deploy/rollout/in-step.js';
import type { Clock } from '../../../actions/shared/clock.js';

/** Notes how long it was asked to sleep; time moves by `advance` alone. */
function stillClock(): { clock: Clock; slept: number[]; advance: (ms: number) => void } {
  let nowMs = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    advance: (ms) => {
      nowMs += ms;
    },
    clock: {
      now: () => nowMs,
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
    },
  };
}

async function sleepAt(atMs: number, milliseconds: number): Promise<number> {
  const { clock, slept, advance } = stillClock();
  const together = inStep(clock, 5000);
  advance(atMs);
  await together.sleep(milliseconds);
  return atMs + (slept[0] ?? 0);
}

describe('followers in step', () => {
  it('wake at the same beat, whenever they began and however long a look took', async () => {
    expect(await sleepAt(5000, 4600)).toBe(10_000);
    expect(await sleepAt(5120, 4700)).toBe(10_000);
    expect(await sleepAt(6900, 4500)).toBe(10_000);
  });

  it('look once a beat, even where a timer ends a little early', async () => {
    expect(await sleepAt(9999, 5000)).toBe(15_000);
  });

  it('do not spin before a deadline, nor oversleep it by much', async () => {
    expect(await sleepAt(5000, 100)).toBe(5100);
    expect(await sleepAt(9950, 100)).toBe(10_050);
    expect(await sleepAt(5000, 0)).toBe(5000);
  });

  it('never sleep less than half of what they asked for, nor more than half as much again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), fc.integer({ min: 1, max: 60_000 }), async (at, ms) => {
        const woken = (await sleepAt(at, ms)) - at;
        expect(woken).toBeGreaterThan(ms / 2);
        expect(woken).toBeLessThan(ms * 1.5);
      }),
    );
  });
});
