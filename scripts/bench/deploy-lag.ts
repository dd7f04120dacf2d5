import { parseArgs } from 'node:util';
import { simulateRollouts, tooLate, type SimulatedRollout } from './random-rollouts.js';

/**
 * Prints how late ecs-deploy tells the end of random rollouts, in virtual time, and what the
 * following costs in API calls. Fails where a verdict is wrong, or comes later than one look after
 * the fact.
 *
 * Usage: tsx scripts/bench/deploy-lag.ts [--count 200] [--seed 1] [--poll-interval-seconds 5]
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      'poll-interval-seconds': { type: 'string', default: '5' },
    },
  });
  const pollIntervalSeconds = Number(values['poll-interval-seconds']);
  const rollouts = await simulateRollouts({
    count: Number(values.count),
    seed: Number(values.seed),
    pollIntervalSeconds,
  });
  const wrong = rollouts.filter(({ expected, outcome }) => expected !== outcome);
  const late = tooLate(rollouts, pollIntervalSeconds);
  const minutes = sum(rollouts.map(({ durationSeconds }) => durationSeconds)) / 60;
  const calls = sum(rollouts.map((rollout) => rollout.calls));
  process.stdout.write(
    [
      `deploy lag, ${rollouts.length} random rollouts, poll interval ${pollIntervalSeconds} s, virtual time:`,
      `  verdict after the end of the deployment: ${distribution(rollouts, 'verdictLagSeconds')}`,
      `  failure told after the breaker tripped:  ${distribution(rollouts, 'tripLagSeconds')}`,
      `  wrong verdicts: ${wrong.length}, later than one look: ${late.length}`,
      `  API calls: ${(calls / rollouts.length).toFixed(1)} a rollout, ${(calls / minutes).toFixed(1)} a minute`,
      ...wrong.map((one) => `  ${one.scenario}: ${one.outcome} instead of ${one.expected}`),
      ...late.map(
        (one) =>
          `  ${one.scenario}: ${one.verdictLagSeconds ?? '-'} s after the end, ${one.tripLagSeconds ?? '-'} s after the trip`,
      ),
      '',
    ].join('\n'),
  );
  if (wrong.length > 0 || late.length > 0) process.exitCode = 1;
}

function distribution(
  rollouts: readonly SimulatedRollout[],
  key: 'verdictLagSeconds' | 'tripLagSeconds',
): string {
  const lags = rollouts
    .flatMap((rollout) => rollout[key] ?? [])
    .sort((left, right) => left - right);
  const at = (share: number): string =>
    (lags[Math.min(lags.length - 1, Math.floor(share * lags.length))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} s, p95 ${at(0.95)} s, max ${at(1)} s (${lags.length} rollouts)`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

await main();
