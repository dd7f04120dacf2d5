import { runCommand } from '../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../actions/ecs-deploy/inputs.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from '../../test/support/ecs.js';
import { ecsFixture, HEALTH_CHECK } from '../../test/support/ecs-emulator.js';
import { continueIt, runningOn } from '../../test/support/ecs-strategies.js';
import { atStage, drawShift, type DrawnShift, type ShiftScenario } from './random-shifts.js';

/** One rollout of the simulation: what was to come out, what was told, and how late. */
export interface SimulatedRollout {
  readonly scenario: string;
  readonly earlyEnd: boolean;
  readonly onCancel: 'rollback' | 'leave';
  readonly expected: string;
  readonly outcome: string;
  /** From the end of the deployment, as ECS dates it, to our verdict; virtual seconds. */
  readonly verdictLagSeconds: number | undefined;
  /** From the circuit breaker's trip to our error message. */
  readonly tripLagSeconds: number | undefined;
  /** Virtual seconds that the rollout was followed. */
  readonly durationSeconds: number;
  readonly calls: number;
}

interface Scenario {
  readonly name: string;
  readonly expected: string;
  readonly fate: string;
  readonly breaker?: { readonly enable: boolean; readonly rollback: boolean };
  readonly interfere?: 'update' | 'stop';
  readonly timeoutMinutes?: number;
  /** Present where the service shifts traffic, by a strategy that is drawn. */
  readonly shifts?: ShiftScenario;
}

const scenarios: readonly Scenario[] = [
  { name: 'healthy', expected: 'succeeded', fate: 'healthy' },
  { name: 'slow', expected: 'succeeded', fate: 'slow:%' },
  { name: 'crash, rollback', expected: 'rolled-back', fate: 'crash:3:%' },
  {
    name: 'crash, no rollback',
    expected: 'failed',
    fate: 'crash:1:%',
    breaker: { enable: true, rollback: false },
  },
  { name: 'pull failure', expected: 'rolled-back', fate: 'pull-failure' },
  { name: 'never healthy', expected: 'rolled-back', fate: 'never-healthy' },
  { name: 'superseded', expected: 'superseded', fate: 'slow:120', interfere: 'update' },
  { name: 'stopped by hand', expected: 'stopped', fate: 'slow:120', interfere: 'stop' },
  {
    name: 'no breaker',
    expected: 'timed-out',
    fate: 'crash:1:%',
    breaker: { enable: false, rollback: false },
    timeoutMinutes: 3,
  },
  { name: 'shift, healthy', expected: 'succeeded', fate: 'slow:%', shifts: {} },
  { name: 'shift, crash', expected: 'rolled-back', fate: 'crash:3:%', shifts: {} },
  {
    name: 'shift, crash, no rollback',
    expected: 'failed',
    fate: 'crash:1:%',
    breaker: { enable: true, rollback: false },
    shifts: {},
  },
  {
    name: 'shift, hook',
    expected: 'succeeded',
    fate: 'healthy',
    shifts: { hook: 'in-progress:2' },
  },
  {
    name: 'shift, hook fails',
    expected: 'rolled-back',
    fate: 'healthy',
    shifts: { hook: 'failed' },
  },
  { name: 'shift, alarm', expected: 'rolled-back', fate: 'healthy', shifts: { alarm: true } },
  {
    name: 'shift, superseded',
    expected: 'superseded',
    fate: 'slow:120',
    interfere: 'update',
    shifts: {},
  },
  { name: 'shift, stopped', expected: 'stopped', fate: 'slow:120', interfere: 'stop', shifts: {} },
  { name: 'shift, paused', expected: 'paused', fate: 'healthy', shifts: { pause: {} } },
  {
    name: 'shift, paused, continued',
    expected: 'succeeded',
    fate: 'healthy',
    shifts: { pause: { decision: 'continue' } },
  },
  {
    name: 'shift, paused, declined',
    expected: 'rolled-back',
    fate: 'healthy',
    shifts: { pause: { decision: 'rollback' } },
  },
];

/**
 * Rolls out `count` random images in virtual time: the action's own code and the SDK's, against
 * the emulated ECS in this process. The same seed gives the same rollouts.
 */
export async function simulateRollouts(options: {
  readonly count: number;
  readonly seed: number;
  readonly pollIntervalSeconds: number;
}): Promise<readonly SimulatedRollout[]> {
  const random = seededRandom(options.seed);
  const results: SimulatedRollout[] = [];
  for (let index = 0; index < options.count; index += 1) {
    const scenario = scenarios[index % scenarios.length] ?? scenarios[0];
    if (scenario === undefined) break;
    results.push(await simulate(scenario, random, options.pollIntervalSeconds));
  }
  return results;
}

/** Rollouts whose end or failure was told more than one look after the fact. */
export function tooLate(
  rollouts: readonly SimulatedRollout[],
  pollIntervalSeconds: number,
): readonly SimulatedRollout[] {
  return rollouts.filter(({ verdictLagSeconds = 0, tripLagSeconds = 0 }) =>
    [verdictLagSeconds, tripLagSeconds].some((lag) => lag > pollIntervalSeconds),
  );
}

async function simulate(
  scenario: Scenario,
  random: () => number,
  pollIntervalSeconds: number,
): Promise<SimulatedRollout> {
  const fixture = await ecsFixture({
    provisioningMs: 1000 + random() * 15_000,
    pullMs: 1000 + random() * 20_000,
    settleMs: random() * 20_000,
    stoppingMs: random() * 10_000,
    deprovisioningMs: random() * 5000,
  });
  const world = deployWorld(fixture, random);
  await fixture.advance(random() * 5, undefined, 0.1);
  const desiredCount = 1 + Math.floor(random() * 6);
  const shift = scenario.shifts && drawShift(scenario.shifts, random);
  await startService(world, scenario, shift, desiredCount);

  // Shorter than the health check takes: a crash after that is no failed rollout to ECS.
  const fate = scenario.fate.replace('%', String(1 + Math.floor(random() * 8)));
  const image = pushImage(fixture, 'shop/web:next', { EMULATOR_FATE: fate });
  const other = await fixture.define(pushImage(fixture, 'shop/web:other').tag);
  const interferedAtMs = fixture.clock.now() + 2000 + random() * 60_000;
  if (scenario.interfere !== undefined) {
    const { interfere } = scenario;
    const act = (): unknown => interfereWith(world, interfere, other);
    if (shift === undefined) fixture.clock.schedule(interferedAtMs, () => void act());
    else atStage(fixture, shift.stage, act);
  }
  if (shift !== undefined) prepareShift(world, shift);

  const earlyEnd = random() < 0.5;
  const onCancel = random() < 0.5 ? 'rollback' : 'leave';
  const startedMs = fixture.clock.now();
  let report = await deploy(world, image.tag, {
    ...{ pollIntervalSeconds, earlyEnd, onCancel },
    ...(scenario.timeoutMinutes === undefined ? {} : { timeoutMinutes: scenario.timeoutMinutes }),
  });
  const decision = scenario.shifts?.pause?.decision;
  while (decision !== undefined && report.outputs['outcome'] === 'paused') {
    report = await continueIt(world, { decision, pollIntervalSeconds });
  }
  const endedMs = fixture.clock.now();
  const rollouts = await fixture.rollouts();
  const ours = rollouts.find(
    ({ serviceDeploymentArn }) => serviceDeploymentArn === report.outputs['service-deployment-arn'],
  );
  // Whether we or ECS come first is seen in ECS's own record, not in what we say.
  const endedEarly = earlyEnd && world.calls.has('StopServiceDeployment');
  const pausedSeconds = scenario.expected === 'paused' ? ours?.updatedAt : undefined;
  const finishedSeconds = ours?.finishedAt ?? ours?.stoppedAt ?? pausedSeconds;
  const trippedSeconds = ours?.rollback?.startedAt;
  const told = world.log.find(({ level }) => level === 'error');
  return {
    ...{ scenario: scenario.name, earlyEnd, onCancel },
    expected:
      endedEarly && ours?.status === 'ROLLBACK_SUCCESSFUL' ? 'rolled-back' : scenario.expected,
    outcome: report.outputs['outcome'] ?? '',
    verdictLagSeconds:
      (scenario.expected === 'timed-out' && !endedEarly) || finishedSeconds === undefined
        ? undefined
        : endedMs / 1000 - finishedSeconds,
    tripLagSeconds:
      scenario.expected === 'rolled-back' &&
      !endedEarly &&
      trippedSeconds !== undefined &&
      told !== undefined
        ? told.atMs / 1000 - trippedSeconds
        : undefined,
    durationSeconds: (endedMs - startedMs) / 1000,
    calls: [...world.calls.values()].reduce((sum, calls) => sum + calls, 0),
  };
}

/** A service that runs a good release. */
async function startService(
  world: DeployWorld,
  scenario: Scenario,
  shift: DrawnShift | undefined,
  desiredCount: number,
): Promise<void> {
  const breaker = scenario.breaker ?? { enable: true, rollback: true };
  if (shift !== undefined) {
    const configuration = { deploymentCircuitBreaker: breaker, ...shift.configuration };
    await runningOn(world, shift.strategy, configuration, desiredCount);
    return;
  }
  await serviceWithContract(world, {
    contract: { desiredCount },
    container: { healthCheck: HEALTH_CHECK },
    service: { deploymentConfiguration: { deploymentCircuitBreaker: breaker } },
  });
  await deploy(world, pushImage(world.fixture, 'shop/web:first').tag, { pollIntervalSeconds: 5 });
  world.calls.clear();
}

/** Lets hooks and alarms do what was drawn. */
function prepareShift({ fixture }: DeployWorld, shift: DrawnShift): void {
  const { hooks, alarm, stage } = shift;
  fixture.ecs.control('hooks', hooks);
  if (alarm === undefined) return;
  atStage(fixture, stage, () => fixture.ecs.control('alarms', { [alarm]: 'ALARM' }));
}

function deploy(
  world: DeployWorld,
  tag: string,
  changes: Partial<DeployInputs>,
): ReturnType<typeof runCommand> {
  const inputs = deployInputs({
    image: wantedImage(tag),
    ...changes,
  });
  return runCommand(world.ports, inputs, { commit: undefined, run: undefined });
}

async function interfereWith(
  { fixture }: DeployWorld,
  how: NonNullable<Scenario['interfere']>,
  other: string,
): Promise<void> {
  if (how === 'update') {
    await fixture.update({ taskDefinition: other });
    return;
  }
  const [rollout] = await fixture.rollouts();
  await fixture.call('StopServiceDeployment', {
    serviceDeploymentArn: rollout?.serviceDeploymentArn,
    stopType: 'ROLLBACK',
  });
}

/** Mulberry32: small, and the same everywhere. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
