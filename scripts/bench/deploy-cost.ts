/**
 * API calls and wall time of one deploy by the built bundle: register, update and follow a healthy
 * rolling deploy of two tasks, and a deploy that has nothing to do. The emulator's clock runs ten
 * times as fast, and the bundle looks ten times as often, so that it looks as often as it does in a
 * real deploy of the same length.
 *
 * Usage: tsx scripts/bench/deploy-cost.ts
 */
import { makeService, pushServiceImage, runDeploy } from '../../test/support/ecs-deploy.js';
import { startTestEmulator, type TestEmulator } from '../../test/support/emulator.js';
import { costOf, tellCalls, type StepCost } from './step-cost.js';

const speed = 10;
/** The default of the action, in virtual time. */
const pollIntervalSeconds = 5;

async function main(): Promise<void> {
  const emulator = await startTestEmulator({ speed });
  try {
    await makeService(emulator);
    const first = await pushServiceImage(emulator, 'v1');
    const second = await pushServiceImage(emulator, 'v2');
    await measure(emulator, first.reference, 'succeeded');
    tell('rolling deploy of 2 tasks', await measure(emulator, second.reference, 'succeeded'));
    tell('deploy with nothing to do', await measure(emulator, second.reference, 'no-op'));
  } finally {
    await emulator.stop();
  }
}

function measure(emulator: TestEmulator, image: string, outcome: string): Promise<StepCost> {
  return costOf(emulator, outcome, () =>
    runDeploy(emulator, {
      inputs: { image, 'poll-interval-seconds': String(pollIntervalSeconds / speed) },
    }),
  );
}

function tell(title: string, cost: StepCost): void {
  console.log(`${title}: ${cost.totalCalls} API calls, ${cost.seconds.toFixed(1)} s on the wall`);
  tellCalls(cost);
}

await main();
