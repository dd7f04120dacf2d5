import { simulateRollouts, tooLate } from '../../../scripts/bench/random-rollouts.js';

describe('random rollouts', () => {
  it('200 of them, with and without early ends, get the right verdict at most one poll after the event', async () => {
    const rollouts = await simulateRollouts({ count: 200, seed: 7, pollIntervalSeconds: 5 });
    const wrong = rollouts.filter(({ expected, outcome }) => expected !== outcome);
    const lags = rollouts.flatMap(({ verdictLagSeconds, tripLagSeconds }) =>
      [verdictLagSeconds, tripLagSeconds].filter((lag) => lag !== undefined),
    );
    expect(wrong).toEqual([]);
    expect(lags.length).toBeGreaterThan(180);
    expect(tooLate(rollouts, 5)).toEqual([]);
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
    const settings = new Set(rollouts.map((one) => `${one.earlyEnd} ${one.onCancel}`));
    expect(settings.size).toBe(4);
  });
});
