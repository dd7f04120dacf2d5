/**
 * The main job of this project on this machine, against the emulator: a pull request on an infra
 * repository, its merge, the first release of a service, a release that fails, a drift check.
 */
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { systemClock } from '../../actions/shared/clock.js';
import { toError } from '../../actions/shared/errors.js';
import { createDisplay, type Display } from './display.js';
import { findContainerEngine } from './engine.js';
import { writeGallery, type Exhibit } from './gallery.js';
import {
  applyEnvironment,
  bootstrap,
  checkDrift,
  editTfvars,
  environments,
  mergePull,
  openPull,
  planPull,
  startInfra,
} from './infra-acts.js';
import {
  breakService,
  deploy,
  expectOutcome,
  pushImage,
  runningImages,
  scaleByHand,
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

type Show = (...more: readonly Exhibit[]) => void;

async function firstPull(world: World, display: Display, show: Show): Promise<void> {
  display.say('\nPull request: three environments, five layers each');
  const pull = openPull(world, { branch: 'first-platform', title: 'Build the platform' });
  show(
    ...(await display.step('Plan the pull request, and comment', (report) =>
      planPull(world, pull, report),
    )),
  );
  mergePull(world, pull);
  for (const { name, approval } of environments) {
    if (approval) await approve(world, display, name);
    show(
      await display.step(`Merged: apply ${name}`, (report) =>
        applyEnvironment(world, name, 'all', report),
      ),
    );
  }
}

async function approve(world: World, display: Display, environment: string): Promise<void> {
  const yes = await display.approve(`Approve the apply of ${environment}?`, world.signal);
  if (!yes) throw new StepFailed(`the apply of ${environment} was rejected`);
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

async function secondPull(world: World, display: Display, show: Show): Promise<void> {
  display.say('\nPull request: more tasks for the service, in dev');
  await editTfvars(
    world,
    `layers/04-applications/${service}/environments/dev`,
    'desired_count',
    '3',
  );
  const pull = openPull(world, { branch: 'scale-service-a', title: `Scale ${service} in dev` });
  show(
    ...(await display.step('Plan what the change touches, and comment', (report) =>
      planPull(world, pull, report),
    )),
  );
  mergePull(world, pull);
  show(
    await display.step('Merged: apply dev', (report) =>
      applyEnvironment(world, 'dev', `${service}/dev`, report),
    ),
  );
}

async function drift(world: World, display: Display, show: Show): Promise<void> {
  display.say('\nDrift check, after somebody scaled production by hand');
  await scaleByHand(world, 'production', 5);
  const found = await display.step('Look for drift in production', (report) =>
    checkDrift(world, 'production', report),
  );
  show(found.exhibit);
  display.say(`  Drifted: ${found.drifted.join(', ')}`);
  if (found.drifted.length === 0) throw new StepFailed('the change by hand was not noticed');
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
