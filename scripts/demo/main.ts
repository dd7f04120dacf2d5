/**
 * The main job of this project on this machine, against the emulator: a pull request on an infra
 * repository, its merge, the first release of a service, a release that fails, a change that is
 * held against its review, a drift check.
 */
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { systemClock } from '../../actions/shared/clock.js';
import { toError } from '../../actions/shared/errors.js';
import { createDisplay, type Display } from './display.js';
import { findContainerEngine } from './engine.js';
import { writeGallery, type Exhibit } from './gallery.js';
import { bootstrap, environments } from './infra-acts.js';
import { drift, firstPull, secondPull, type Show } from './infra-story.js';
import { startInfra } from './pulls.js';
import {
  breakService,
  deploy,
  expectOutcome,
  pushImage,
  runningImages,
  service,
} from './service-acts.js';
import { Timeline } from './timeline.js';
import { openWorld, root, StepFailed, type World } from './world.js';

const output = join(root, 'demo-output');
const worldDirectory = join(root, '.cache', 'demo');

async function demo(display: Display, signal: AbortSignal): Promise<readonly Exhibit[]> {
  const exhibits: Exhibit[] = [];
  const show = (...more: readonly Exhibit[]): void => void exhibits.push(...more);
  const world = await display.step('Start AWS and GitHub on this machine', (report) =>
    openWorld(worldDirectory, signal, report),
  );
  try {
    await display.step('Bootstrap: state bucket, OIDC provider, roles (once, by hand)', (report) =>
      bootstrap(world, report),
    );
    startInfra(world);

    await firstPull(world, display, show);
    const digest = await firstRelease(world, display, show);
    await brokenRelease(world, display, show, digest);
    await secondPull(world, display, show);
    await drift(world, display, show);
    return exhibits;
  } finally {
    await world.emulator.stop();
    if (exhibits.length > 0) await writeGallery(output, exhibits);
  }
}

async function firstRelease(world: World, display: Display, show: Show): Promise<string> {
  display.say(`\nThe repository of ${service}: push to main`);
  world.app.commit(`Start ${service}`);
  const engine = await findContainerEngine();
  if (engine === undefined) {
    display.say('  No container engine here: a prebuilt image archive is pushed instead.');
  }
  const image = await display.step(
    engine === undefined ? 'Push the image' : `Build the image with ${engine}, and push it`,
    (report) => pushImage(world, engine, report),
  );
  show(image.exhibit);
  for (const { name } of environments) {
    const rollout = await display.step(`Deploy to ${name}`, (report) =>
      deploy(world, name, image.digest, report),
    );
    show(rollout.exhibit);
    expectOutcome(rollout.outcome, ['succeeded']);
  }
  return image.digest;
}

async function brokenRelease(
  world: World,
  display: Display,
  show: Show,
  servingDigest: string,
): Promise<void> {
  display.say(`\nThe repository of ${service}: a push that breaks it`);
  await breakService(world);
  const engine = await findContainerEngine();
  const image = await display.step('Build and push the broken image', (report) =>
    pushImage(world, engine, report),
  );
  const [first] = environments;
  const rollout = await display.step(`Deploy to ${first.name}`, (report) =>
    deploy(world, first.name, image.digest, report),
  );
  show(image.exhibit, rollout.exhibit);
  expectOutcome(rollout.outcome, ['rolled-back', 'failed']);
  display.say(`  As it should, this failed (${rollout.outcome}): ${rollout.reason}`);
  const running = await runningImages(world, first.name);
  if (running.length === 0 || running.some((digest) => digest !== servingDigest)) {
    throw new StepFailed(`not the old image serves in ${first.name}: ${running.join(', ')}`);
  }
  display.say(`  The old image still serves: ${running.length} tasks of ${servingDigest}`);
}

const cancelled = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (!cancelled.signal.aborted) console.log('\nStopping: Terraform is told, and waited for.');
    cancelled.abort();
  });
}
const timeline = new Timeline(systemClock);
const display = createDisplay(timeline);
try {
  const exhibits = await demo(display, cancelled.signal);
  display.say('\nWhat took how long');
  for (const line of timeline.render((process.stdout.columns || 100) - 4)) display.say(`  ${line}`);
  display.say(`\n${exhibits.length} pages of what GitHub would have shown:`);
  display.say(`  ${relative(process.cwd(), join(output, 'index.html'))}`);
} catch (thrown) {
  if (cancelled.signal.aborted) {
    display.say('Stopped. Run it again at any time: it starts from nothing.');
    process.exitCode = 130;
  } else {
    console.error(`\ndemo: ${toError(thrown).message}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(worldDirectory, { recursive: true, force: true });
}
