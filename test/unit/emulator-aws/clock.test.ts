import { createClock } from '../../../emulator/clock.js';

/** A clock over a real time that the test moves by hand. */
function handClock(speed = 1) {
  const real = { ms: 0 };
  const errors: unknown[] = [];
  const clock = createClock({
    speed,
    startMs: 1000,
    realNow: () => real.ms,
    onError: (error) => errors.push(error),
  });
  return { clock, real, errors };
}

describe('the virtual clock', () => {
  it('runs as many times faster than real time as its speed says', () => {
    const { clock, real } = handClock(10);
    real.ms = 50;
    expect(clock.now()).toBe(1500);
  });

  it('goes on from where it was when its speed changes', () => {
    const { clock, real } = handClock(10);
    real.ms = 50;
    clock.setSpeed(2);
    real.ms = 100;
    expect(clock.now()).toBe(1600);
    clock.setSpeed(0);
    real.ms = 5000;
    expect(clock.now()).toBe(1600);
  });

  it('runs what is due while it is moved forward, in order, each at its own time', () => {
    const { clock } = handClock(0);
    const seen: [string, number][] = [];
    clock.schedule(1300, () => seen.push(['late', clock.now()]));
    clock.schedule(1100, () => {
      seen.push(['early', clock.now()]);
      clock.schedule(clock.now() + 50, () => seen.push(['follow-up', clock.now()]));
    });
    clock.schedule(1300, () => seen.push(['late too', clock.now()]));
    clock.advance(1000);
    expect(seen).toEqual([
      ['early', 1100],
      ['follow-up', 1150],
      ['late', 1300],
      ['late too', 1300],
    ]);
    expect(clock.now()).toBe(2000);
  });

  it('does not run what was cancelled', () => {
    const { clock } = handClock(0);
    let runs = 0;
    const cancel = clock.schedule(1100, () => (runs += 1));
    cancel();
    cancel();
    clock.advance(1000);
    expect(runs).toBe(0);
  });

  it('never runs an event synchronously with its scheduling', async () => {
    const clock = createClock();
    let runs = 0;
    clock.schedule(0, () => (runs += 1));
    expect(runs).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(runs).toBe(1);
  });

  it('runs events by itself as real time passes', async () => {
    const clock = createClock({ speed: 1000 });
    const started = clock.now();
    const at = await new Promise<number>((resolve) => {
      clock.schedule(started + 20_000, () => resolve(clock.now()));
      setTimeout(() => undefined, 1000);
    });
    expect(at).toBeGreaterThanOrEqual(started + 20_000);
  });

  it('goes on after an event that threw', () => {
    const { clock, errors } = handClock(0);
    let runs = 0;
    clock.schedule(1100, () => {
      throw new Error('broken');
    });
    clock.schedule(1200, () => (runs += 1));
    clock.advance(1000);
    expect(runs).toBe(1);
    expect(errors).toHaveLength(1);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the speed %p', (speed) => {
    expect(() => createClock({ speed })).toThrow(RangeError);
    expect(() => createClock().setSpeed(speed)).toThrow(RangeError);
    expect(() => createClock().advance(speed)).toThrow(RangeError);
  });
});
