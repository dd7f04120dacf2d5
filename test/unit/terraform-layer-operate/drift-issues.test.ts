import { githubClient } from '../../../actions/shared/github-client.js';
import type { Issue } from '../../../actions/shared/issues.js';
import { githubIssues } from '../../../actions/shared/issues.js';
import type { GithubContext } from '../../../actions/shared/github-context.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import { keepIssues } from '../../../actions/terraform-layer/drift/keep-issues.js';
import {
  planIssues,
  type CheckedStack,
  type IssueContext,
} from '../../../actions/terraform-layer/drift/issue-plan.js';
import { readMarker } from '../../../actions/terraform-layer/drift/issue-marker.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { aDriftedResource, aStackDrift } from '../../support/drift.js';
import { withGithubEmulator } from '../../support/github.js';
import { fakeIssues } from '../../support/issues.js';
import { silentLogger } from '../../support/silent-logger.js';
import { layeredTree, load } from '../../support/stacks.js';

const author = 'github-actions[bot]';
const label = 'infra-drift';
const secrets = createSecrets(() => undefined);

let stacks: readonly Stack[];
let foundation: Stack;
let platform: Stack;
beforeAll(async () => {
  ({ stacks } = await load(layeredTree(['dev'])));
  const [first, second] = stacks;
  if (first === undefined || second === undefined) throw new Error('no stacks');
  [foundation, platform] = [first, second];
});

function contextOf(changes: Partial<IssueContext> = {}): IssueContext {
  return {
    workingDirectory: '.',
    author,
    runUrl: 'https://github.com/acme/infra/actions/runs/1',
    now: '2026-03-01T10:00:00.000Z',
    stacks,
    ...changes,
  };
}

function drifted(world: unknown = 'by hand', stack: Stack = foundation): CheckedStack {
  return { stack, drift: aStackDrift(stack, aDriftedResource('aws_x.y', 'name', world)) };
}

const inSync = (stack: Stack): CheckedStack => ({ stack, drift: undefined });

/** The steps that a sequence of checks takes, on the issues that each leaves to the next. */
async function lifecycle(
  issues: ReturnType<typeof fakeIssues>,
  ...checks: readonly (readonly CheckedStack[])[]
): Promise<readonly string[]> {
  for (const checked of checks) {
    await keepIssues(issues, checked, { ...contextOf(), label }, { log: silentLogger, secrets });
  }
  return issues.writes;
}

function close(issues: ReturnType<typeof fakeIssues>, reason: string): void {
  issues.all.forEach((issue, index) => {
    issues.all[index] = { ...issue, state: 'closed', stateReason: reason };
  });
}

describe('the issue of a stack', () => {
  it('is opened once, and left alone while nothing changes', async () => {
    const issues = fakeIssues(author);
    expect(await lifecycle(issues, [drifted()], [drifted()], [drifted()])).toEqual(['create']);
    expect(issues.all[0]?.title).toBe('Drift: 01-foundation/dev');
  });

  it('is updated where what has drifted changes, and keeps its date', async () => {
    const issues = fakeIssues(author);
    await lifecycle(issues, [drifted()]);
    await keepIssues(
      issues,
      [drifted('again')],
      { ...contextOf({ now: '2026-03-09T10:00:00.000Z' }), label },
      { log: silentLogger, secrets },
    );
    expect(issues.writes).toEqual(['create', 'update']);
    expect(readMarker(issues.all[0]?.body ?? '')?.since).toBe('2026-03-01T10:00:00.000Z');
  });

  it('is closed with a comment once the stack is in sync, and reopened after', async () => {
    const issues = fakeIssues(author);
    expect(
      await lifecycle(issues, [drifted()], [inSync(foundation)], [inSync(foundation)], [drifted()]),
    ).toEqual(['create', 'close', 'reopen']);
    expect(issues.said).toHaveLength(1);
    expect(issues.all).toHaveLength(1);
  });

  it('stays as it is where the stack could not be checked', async () => {
    const issues = fakeIssues(author);
    expect(await lifecycle(issues, [drifted()], [], [inSync(platform)])).toEqual(['create']);
  });

  it.each(['not_planned', 'duplicate'])(
    'stays closed where a person closed it as %s, until something else drifts',
    async (reason) => {
      const issues = fakeIssues(author);
      await lifecycle(issues, [drifted()]);
      close(issues, reason);
      expect(await lifecycle(issues, [drifted()])).toEqual(['create']);
      expect(await lifecycle(issues, [drifted('else')])).toEqual(['create', 'reopen']);
    },
  );

  it('is reopened where a person closed it as completed, and it is not', async () => {
    const issues = fakeIssues(author);
    await lifecycle(issues, [drifted()]);
    close(issues, 'completed');
    expect(await lifecycle(issues, [drifted()])).toEqual(['create', 'reopen']);
  });

  it('is closed where the code of the stack is gone', () => {
    const [open] = planIssues([], [drifted()], contextOf());
    const existing = issueOf(open?.kind === 'open' ? open.body : '');
    const others = stacks.filter(({ id }) => id !== foundation.id);
    expect(planIssues([existing], [], contextOf({ stacks: others }))).toMatchObject([
      { kind: 'close', number: 1, why: 'stack-gone' },
    ]);
    expect(planIssues([existing], [], contextOf())).toEqual([]);
  });

  it('is one: a second open one is closed', () => {
    const [open] = planIssues([], [drifted()], contextOf());
    const body = open?.kind === 'open' ? open.body : '';
    const steps = planIssues([issueOf(body, 4), issueOf(body, 9)], [drifted()], contextOf());
    expect(steps).toMatchObject([
      { kind: 'keep', number: 4 },
      { kind: 'close', number: 9, why: 'second' },
    ]);
  });

  it.each([
    ['was written by someone else', { author: 'mallory' }, {}],
    ['has the marker elsewhere', { body: 'prefix' }, {}],
    ['belongs to another working directory', {}, { workingDirectory: 'infra' }],
  ])('is not one that %s', (_, change, context) => {
    const [open] = planIssues([], [drifted()], contextOf());
    const body = open?.kind === 'open' ? open.body : '';
    const issue = { ...issueOf(body), ...change };
    const existing = 'body' in change ? { ...issue, body: `${change.body}\n${body}` } : issue;
    const steps = planIssues([existing], [drifted()], contextOf(context));
    expect(steps.map(({ kind }) => kind)).toEqual(['open']);
  });

  it('is warned of once, with the permission to grant, where it may not be written', async () => {
    const warnings: string[] = [];
    const issues = {
      ...fakeIssues(author),
      create: () => Promise.reject(Object.assign(new Error('not accessible'), { status: 403 })),
    };
    const kept = await keepIssues(
      issues,
      [drifted(), drifted('x', platform)],
      { ...contextOf(), label },
      { log: { ...silentLogger, warning: (text) => warnings.push(text) }, secrets },
    );
    expect(kept.size).toBe(0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('issues: write');
  });
});

describe('on GitHub', () => {
  const context = (apiUrl: string): GithubContext => ({
    repository: { owner: 'acme', name: 'infra' },
    eventName: 'schedule',
    sha: '1'.repeat(40),
    ref: 'refs/heads/main',
    runId: '1',
    runAttempt: '1',
    workflow: 'Drift',
    job: 'drift',
    actor: 'octocat',
    serverUrl: 'https://github.com',
    apiUrl,
    pullRequest: undefined,
    mergeGroup: undefined,
    defaultBranch: 'main',
    actionRepository: undefined,
  });

  it('goes its whole way', async () => {
    await withGithubEmulator(async (github) => {
      const issues = githubIssues(
        await githubClient(github.token, context(github.url), silentLogger),
      );
      const keep = (checked: readonly CheckedStack[]): ReturnType<typeof keepIssues> =>
        keepIssues(issues, checked, { ...contextOf(), label }, { log: silentLogger, secrets });
      const kept = await keep([drifted()]);
      const number = kept.get(foundation.id)?.number ?? 0;
      expect(await issues.list(label)).toMatchObject([{ number, author, state: 'open' }]);
      await keep([inSync(foundation)]);
      expect(await issues.list(label)).toMatchObject([
        { number, state: 'closed', stateReason: 'completed' },
      ]);
      await keep([drifted('other')]);
      expect(await issues.list(label)).toMatchObject([{ number, state: 'open' }]);
      expect(await issues.list('another')).toEqual([]);
    });
  });

  it('stays one for an App, whose login nobody has to name', async () => {
    await withGithubEmulator(async (github) => {
      const token = github.addToken({ login: 'acme-infra[bot]', kind: 'app' });
      const issues = githubIssues(await githubClient(token, context(github.url), silentLogger));
      const keep = (checked: readonly CheckedStack[]): ReturnType<typeof keepIssues> => {
        const options = { ...contextOf(), author: undefined, label };
        return keepIssues(issues, checked, options, { log: silentLogger, secrets });
      };
      await keep([drifted()]);
      await keep([drifted('other')]);
      expect(await issues.list(label)).toMatchObject([
        { author: 'acme-infra[bot]', state: 'open' },
      ]);
    });
  });
});

function issueOf(body: string, number = 1): Issue {
  return {
    number,
    title: 'Drift: 01-foundation/dev',
    body,
    author,
    state: 'open',
    stateReason: undefined,
    url: `issue-${number}`,
  };
}
