import type { Display } from './display.js';
import type { Exhibit } from './gallery.js';
import {
  applyEnvironment,
  applyExhibit,
  checkDrift,
  editTfvars,
  environments,
  planAgain,
  planPull,
  type Applied,
  type ApplyTrigger,
} from './infra-acts.js';
import { mergePull, openPull, type OpenPull } from './pulls.js';
import { scaleByHand, service } from './service-acts.js';
import { StepFailed, type World } from './world.js';

export type Show = (...more: readonly Exhibit[]) => void;

const merge: ApplyTrigger = { kind: 'merge' };

/** A platform from nothing: what its review could not see yet is seen before production gets it. */
export async function firstPull(world: World, display: Display, show: Show): Promise<void> {
  display.say('\nPull request: three environments, five layers each');
  const pull = openPull(world, { branch: 'first-platform', title: 'Build the platform' });
  show(
    ...(await display.step('Plan the pull request, and comment', (report) =>
      planPull(world, pull, report),
    )),
  );
  mergePull(world, pull);
  for (const { name } of environments) {
    const applied = await apply(world, display, show, {
      ...{ title: `Merged: apply ${name}`, environment: name, trigger: merge },
    });
    if (name !== 'production') expectApplied(applied, name);
    else expectStopped(display, applied, name, 'policy');
  }
  display.say(
    '  Its policy names a table that did not exist at review. A person starts the workflow again:',
  );
  const trigger: ApplyTrigger = { kind: 'by-hand', runId: world.newRun() };
  show(
    await display.step('By hand: plan what is left of production', (report) =>
      planAgain(world, 'production', trigger, report),
    ),
  );
  const again = await apply(world, display, show, {
    ...{ title: 'By hand: apply it', environment: 'production', trigger },
  });
  expectApplied(again, 'production');
}

/** A reviewed change, and a world that moves between its review and its merge. */
export async function secondPull(world: World, display: Display, show: Show): Promise<void> {
  display.say('\nPull request: more tasks for the service, in dev and production');
  for (const [environment, count] of [
    ['dev', 2],
    ['production', 4],
  ] as const) {
    const directory = `layers/04-applications/${service}/environments/${environment}`;
    await editTfvars(world, directory, 'desired_count', String(count));
  }
  const pull = openPull(world, { branch: 'scale-service-a', title: `Scale ${service}` });
  show(
    ...(await display.step('Plan what the change touches, and comment', (report) =>
      planPull(world, pull, report),
    )),
  );
  mergePull(world, pull);
  const dev = await apply(world, display, show, {
    ...{ title: 'Merged: apply dev', environment: 'dev', trigger: merge },
  });
  expectReviewed(display, dev, pull);

  display.say('  Meanwhile somebody scales production by hand, from 3 to 5.');
  await scaleByHand(world, 'production', 5);
  const production = { environment: 'production', trigger: merge };
  const stopped = await apply(world, display, show, {
    ...{ title: 'Merged: apply production', ...production },
  });
  expectStopped(display, stopped, 'production', 'desired_count');
  show(applyExhibit(world, pull, 'production'));
  display.say('  Back to 3, as it was reviewed.');
  await scaleByHand(world, 'production', 3);
  const applied = await apply(world, display, show, {
    ...{ title: 'Run again: apply production', ...production },
  });
  expectReviewed(display, applied, pull);
}

export async function drift(world: World, display: Display, show: Show): Promise<void> {
  display.say('\nDrift check, after somebody scaled production by hand');
  await scaleByHand(world, 'production', 9);
  const found = await display.step('Look for drift in production', (report) =>
    checkDrift(world, 'production', report),
  );
  show(...found.exhibits);
  display.say(`  Drifted: ${found.drifted.join(', ')}`);
  for (const { title } of found.issues) display.say(`  Issue: ${title}`);
  if (found.drifted.length === 0) throw new StepFailed('the change by hand was not noticed');
  if (found.issues.length === 0) throw new StepFailed('no issue was opened');
}

async function apply(
  world: World,
  display: Display,
  show: Show,
  options: {
    readonly title: string;
    readonly environment: string;
    readonly trigger: ApplyTrigger;
  },
): Promise<Applied> {
  const { title, environment, trigger } = options;
  const asks = environments.some(({ name, approval }) => name === environment && approval);
  if (asks) {
    const yes = await display.approve(`Approve the apply of ${environment}?`, world.signal);
    if (!yes) throw new StepFailed(`the apply of ${environment} was rejected`);
  }
  const applied = await display.step(title, (report) =>
    applyEnvironment(world, { environment, title, trigger }, report),
  );
  show(applied.exhibit);
  return applied;
}

function expectApplied(applied: Applied, environment: string): void {
  const ended = applied.stacks.every(({ status }) => status === 'applied');
  if (applied.conclusion !== 'success' || !ended) {
    throw new StepFailed(`the apply of ${environment} ended otherwise: ${told(applied)}`);
  }
}

function expectReviewed(display: Display, applied: Applied, pull: OpenPull): void {
  expectApplied(applied, 'what was reviewed');
  if (applied.verdicts.some(({ verdict }) => verdict !== 'equivalent')) {
    throw new StepFailed(`it was not applied as reviewed: ${told(applied)}`);
  }
  display.say(`  Applied as reviewed in #${pull.number}`);
}

/** Stopped for this one attribute of the service, and applied in all other stacks. */
function expectStopped(
  display: Display,
  applied: Applied,
  environment: string,
  attribute: string,
): void {
  const [stopped, ...others] = applied.stacks.filter(({ status }) => status !== 'applied');
  const name = `${service}/${environment}`;
  const named = applied.exhibit.markdown.includes(`\`${attribute}\``);
  if (stopped?.name !== name || stopped.status !== 'stopped' || others.length > 0 || !named) {
    throw new StepFailed(`the apply of ${environment} ended otherwise: ${told(applied)}`);
  }
  const { addresses = [] } = applied.verdicts.find(({ id }) => id === stopped.id) ?? {};
  display.say(`  As it should, ${name} stopped: ${addresses.join(', ')} differs in ${attribute}`);
}

function told({ stacks, verdicts }: Applied): string {
  const verdictOf = new Map(verdicts.map(({ id, verdict }) => [id, verdict]));
  return stacks
    .map(({ id, name, status }) => `${name} ${status} (${verdictOf.get(id) ?? 'not judged'})`)
    .join(', ');
}
