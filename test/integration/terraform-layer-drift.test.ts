import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setByHand } from '../support/by-hand.js';
import { layerRuns } from '../support/layer-runs.js';
import { workflowDispatchEvent } from '../support/runner.js';
import { place, rootModule, writeRepository } from '../support/terraform-repository.js';

const layers = layerRuns();
const { runOnGithub: run } = layers;
beforeEach(async () => {
  await layers.emulator.githubControl('POST', 'repos', { repository: 'acme/infra' });
});

interface IssueOnGithub {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: string;
  readonly labels: readonly string[];
  readonly updatedAt: string;
}

async function onGithub(): Promise<{
  readonly issues: readonly IssueOnGithub[];
  readonly comments: readonly { readonly body: string }[];
}> {
  const state = (await layers.emulator.githubControl('GET', 'state')) as {
    readonly repositories: readonly {
      readonly issues: readonly IssueOnGithub[];
      readonly comments: readonly { readonly body: string }[];
    }[];
  };
  const [repository] = state.repositories;
  if (repository === undefined) throw new Error('no repository');
  return repository;
}

async function onlyIssue(): Promise<IssueOnGithub> {
  const [issue, ...others] = (await onGithub()).issues;
  expect(others).toEqual([]);
  if (issue === undefined) throw new Error('no issue');
  return issue;
}

const setGreeting = (value: string): Promise<void> =>
  setByHand(layers.emulator, '/dev/greeting', value);

/** As a person does it in the browser. */
async function closeAsNotPlanned(number: number): Promise<void> {
  const { token } = (await layers.emulator.githubControl('POST', 'tokens', {
    login: 'octocat',
  })) as {
    readonly token: string;
  };
  const answer = await fetch(`${layers.emulator.githubUrl}/repos/acme/infra/issues/${number}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ state: 'closed', state_reason: 'not_planned' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

const main = place('01-foundation', 'dev');
const tfvars = main.replace('main.tf', 'terraform.tfvars');
const id = path.dirname(main);

const greeting = {
  [main]: rootModule(
    'dev',
    'foundation',
    [],
    `variable "greeting" {
  type = string
}
resource "aws_ssm_parameter" "greeting" {
  name           = "/dev/greeting"
  type           = "String"
  insecure_value = var.greeting
}`,
  ),
  [tfvars]: 'greeting = "hello"\n',
};

describe('what the world has changed', () => {
  it('has one issue, which follows it until the stack is in sync again', async () => {
    const workspace = await writeRepository(layers.emulator, greeting);
    const applied = await run(workspace, 'apply', { environment: 'dev' });
    expect(applied.step.conclusion).toBe('success');
    await run(workspace, 'drift');
    expect((await onGithub()).issues).toEqual([]);

    await setGreeting('by hand');
    const drifted = await run(workspace, 'drift');
    expect(drifted.step.conclusion).toBe('success');
    expect(JSON.parse(drifted.step.outputs['drifted'] ?? '')).toEqual([id]);
    expect(drifted.step.summary).toContain('`insecure_value`');
    const opened = await onlyIssue();
    expect(opened).toMatchObject({ state: 'open', labels: ['infra-drift'] });
    expect(opened.title).toBe('Drift: 01-foundation/dev');
    expect(opened.body).toContain(`\`${tfvars}:1\` says \`"hello"\``);
    expect(opened.body).toContain('-greeting = "hello"\n+greeting = "by hand"');

    await run(workspace, 'drift');
    expect(await onlyIssue()).toEqual(opened);

    await setGreeting('hello');
    const repaired = await run(workspace, 'drift');
    expect(JSON.parse(repaired.step.outputs['drifted'] ?? '')).toEqual([]);
    expect(await onlyIssue()).toMatchObject({ number: opened.number, state: 'closed' });
    expect((await onGithub()).comments).toHaveLength(1);

    await setGreeting('by hand again');
    await run(workspace, 'drift');
    expect(await onlyIssue()).toMatchObject({ number: opened.number, state: 'open' });

    await closeAsNotPlanned(opened.number);
    await run(workspace, 'drift');
    expect(await onlyIssue()).toMatchObject({ state: 'closed' });

    await setGreeting('something else');
    await run(workspace, 'drift');
    expect(await onlyIssue()).toMatchObject({ number: opened.number, state: 'open' });
  });

  it('is not what the code alone has changed, nor what the code says as well', async () => {
    const workspace = await writeRepository(layers.emulator, greeting);
    await run(workspace, 'apply', { environment: 'dev' });
    await writeFile(path.join(workspace, tfvars), 'greeting = "bonjour"\n');
    const pending = await run(workspace, 'drift');
    expect(pending.statuses).toEqual({ '01-foundation/dev': 'changes' });
    expect(pending.step.outputs['drifted']).toBe('[]');
    expect((await onGithub()).issues).toEqual([]);

    await setGreeting('bonjour');
    const accepted = await run(workspace, 'drift');
    expect(accepted.step.outputs['drifted']).toBe('[]');
    expect((await onGithub()).issues).toEqual([]);
  });

  it('is no issue where another branch has been checked', async () => {
    const workspace = await writeRepository(layers.emulator, greeting);
    await run(workspace, 'apply', { environment: 'dev' });
    await setGreeting('by hand');
    const sha = 'f'.repeat(40);
    const event = workflowDispatchEvent({
      ...{ repository: 'acme/infra', sha, ref: 'refs/heads/feature' },
    });
    const { step } = await run(workspace, 'drift', {}, event);
    expect(step.summary).toContain('+greeting = "by hand"');
    expect((await onGithub()).issues).toEqual([]);
  });

  it('stands in the summary where issues may not be written, with the permission to grant', async () => {
    const workspace = await writeRepository(layers.emulator, greeting);
    await run(workspace, 'apply', { environment: 'dev' });
    await setGreeting('by hand');
    const { token } = (await layers.emulator.githubControl('POST', 'tokens', {
      access: 'read',
    })) as {
      readonly token: string;
    };
    const { step } = await run(workspace, 'drift', { 'github-token': token });
    expect(step.conclusion).toBe('success');
    expect(step.annotations).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        message: expect.stringContaining('issues: write') as unknown,
      }),
    );
    expect(step.summary).toContain('+greeting = "by hand"');
    expect((await onGithub()).issues).toEqual([]);
  });
});

describe('a time budget', () => {
  it('keeps further stacks from starting, which is no failure', async () => {
    const stack = (name: string): string =>
      rootModule('dev', name, [], 'resource "terraform_data" "x" {}');
    const workspace = await writeRepository(layers.emulator, {
      [place('01-a', 'dev')]: stack('a'),
      [place('02-b', 'dev')]: stack('b'),
      [place('03-c', 'dev')]: stack('c'),
    });
    await run(workspace, 'apply', { environment: 'dev' });
    const { step, statuses } = await run(workspace, 'drift', { 'time-budget': '0s' });
    expect(step.conclusion).toBe('success');
    expect(Object.values(statuses).sort()).toEqual(['not-started', 'not-started', 'unchanged']);
    expect(step.summary).toContain('the time budget was over');
  });
});
