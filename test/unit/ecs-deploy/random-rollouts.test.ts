import { simulateRollouts } from '../../../scripts/bench/random-rollouts.js';

describe('random rollouts', () => {
  it('get the right verdict at most one poll after the event', async () => {
    const rollouts = await simulateRollouts({ count: 40, seed: 7, pollIntervalSeconds: 5 });
    const wrong = rollouts.filter(({ expected, outcome }) => expected !== outcome);
    const lags = rollouts.flatMap(({ verdictLagSeconds, tripLagSeconds }) =>
      [verdictLagSeconds, tripLagSeconds].filter((lag) => lag !== undefined),
    );
    expect(wrong).toEqual([]);
    expect(lags.length).toBeGreaterThan(40);
    expect(Math.max(...lags)).toBeLessThanOrEqual(5);
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
  }, 120_000);
});
