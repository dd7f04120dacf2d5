import { allowedSoFar } from '../../../actions/terraform-layer/github/allowed-so-far.js';
import type { People } from '../../../actions/terraform-layer/github/people.js';
import { guardForecast } from '../../../actions/terraform-layer/review/guard-forecast.js';
import type { GuardForecast } from '../../../actions/terraform-layer/schedule/outcome.js';
import { aPullRequest, githubContext } from '../../support/github-client.js';
import { keepingLogger } from '../../support/log-lines.js';
import { fakePeople, labelEvent } from '../../support/people.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';
import { aResource, changesOf } from '../../support/terraform.js';

const guards = { preventDestroy: ['aws_db_instance'], maxDestroys: 20 };
const label = 'allow-destroy: aws_db_instance.main';

interface World {
  readonly people?: People;
  /** Whether the run has a pull request and a token. */
  readonly onPull?: boolean;
  readonly apply?: 'auto' | 'approval' | 'never';
  readonly allowDestroy?: readonly string[];
  readonly address?: string;
}

async function forecast(world: World = {}) {
  const { people = fakePeople({}), onPull = true, apply = 'auto', allowDestroy = [] } = world;
  const log = keepingLogger();
  const [stack] = stacksOf(await runPlanOf('plan'));
  if (stack === undefined) throw new Error('no stack');
  let asked = 0;
  const hooks = guardForecast({
    environments: [{ name: stack.environment, apply, guards }],
    allowDestroy,
    allowedByPeople: allowedSoFar({
      github: githubContext(onPull ? { pullRequest: aPullRequest() } : {}),
      log,
      secrets: { add: () => undefined, redact: (text) => text },
      people: () => {
        asked += 1;
        return Promise.resolve(people);
      },
    }),
  });
  const changes = changesOf(aResource('replace', world.address ?? 'aws_db_instance.main'));
  const judged = await hooks.judge({ stack, json: {}, changes, alsoSensitive: [] });
  await hooks.judge({ stack, json: {}, changes, alsoSensitive: [] });
  return { judged, asked, notices: log.kept };
}

const labelled = (by: string): People =>
  fakePeople({ labels: [label], events: [labelEvent(label, by)] });

function whatStops(guard: GuardForecast | undefined): unknown {
  return guard && [guard.fails, guard.findings.flatMap(({ addresses }) => addresses)];
}

describe('a plan that a guard will stop at its apply', () => {
  it('fails while nobody has allowed it, and gives no reason against the plan itself', async () => {
    const { judged } = await forecast();
    expect(judged.reasons).toEqual([]);
    expect(whatStops(judged.guards)).toEqual([true, ['aws_db_instance.main']]);
  });

  it('is fine once somebody has put the label on who may, and who is asked once', async () => {
    const { judged, asked } = await forecast({ people: labelled('bob') });
    expect(judged).toEqual({ reasons: [] });
    expect(asked).toBe(1);
  });

  it('is not allowed by its author, and the log says why the label does not count', async () => {
    const { judged, notices } = await forecast({ people: labelled('ann') });
    expect(whatStops(judged.guards)).toEqual([true, ['aws_db_instance.main']]);
    expect(notices.map(({ message }) => message).join()).toContain('author');
  });

  it('is allowed by the input too, without asking anybody', async () => {
    const { judged, asked } = await forecast({ allowDestroy: ['aws_db_instance'] });
    expect(judged.guards).toBeUndefined();
    expect(asked).toBe(0);
  });

  it('only warns where the change is merged already, or labels cannot be read', async () => {
    const merged = await forecast({ onPull: false });
    expect(whatStops(merged.judged.guards)).toEqual([false, ['aws_db_instance.main']]);
    const labelsOf = () => Promise.reject(new Error('Resource not accessible'));
    const denied = await forecast({ people: { ...fakePeople({}), labelsOf } });
    expect(whatStops(denied.judged.guards)).toEqual([false, ['aws_db_instance.main']]);
    expect(denied.notices).toHaveLength(1);
  });

  it('is not spoken of where nothing is ever applied, or nothing guarded goes', async () => {
    expect((await forecast({ apply: 'never' })).judged).toEqual({ reasons: [] });
    expect(await forecast({ address: 'aws_x.y' })).toMatchObject({
      judged: { reasons: [] },
      asked: 0,
    });
  });
});
