import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { said } from '../support/annotations.js';
import { createJobRole } from '../support/aws-role.js';
import { layerRuns } from '../support/layer-runs.js';
import { pullRequestEvent, withGithub, type JobOptions } from '../support/runner.js';
import {
  place,
  stateKeys,
  threeBuiltInLayers,
  threeLayers,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns();
const { run } = layers;

describe('on a pull request', () => {
  const head = { ref: 'topic', sha: 'b'.repeat(40) };
  const base = { ref: 'main', sha: 'a'.repeat(40) };

  async function pullRequestJob(): Promise<Partial<JobOptions>> {
    const event = pullRequestEvent({ repository: 'acme/infra', number: 7, head, base });
    const { workspace: _, ...job } = await withGithub(
      { githubUrl: layers.emulator.githubUrl },
      { workspace: '/nowhere', event, workflow: 'Plan' },
    );
    return job;
  }

  beforeEach(async () => {
    const repository = 'acme/infra';
    await layers.emulator.githubControl('POST', 'repos', { repository });
    await layers.emulator.githubControl('POST', 'pulls', { repository, number: 7, head, base });
  });

  async function comments(): Promise<readonly { readonly id: number; readonly body: string }[]> {
    const state = (await layers.emulator.githubControl('GET', 'state')) as {
      readonly repositories: readonly {
        readonly comments: readonly { readonly id: number; readonly body: string }[];
      }[];
    };
    return state.repositories.flatMap((repository) => repository.comments);
  }

  it('from a fork, runs nothing of it', async () => {
    const event = pullRequestEvent({
      ...{ repository: 'acme/infra', number: 7, base },
      head: { ...head, repository: 'mallory/infra' },
    });
    const workspace = await writeRepository(layers.emulator, threeBuiltInLayers(['dev']));
    const plan = await run(workspace, 'plan', { layers: 'all' }, { job: { event } });
    expect(plan.step.conclusion).toBe('failure');
    expect(said(plan.step)).toContain('from a fork');
    expect(plan.statuses).toEqual({});
    const listed = { layers: 'all', 'dry-run': 'true' };
    const dry = await run(workspace, 'plan', listed, { job: { event } });
    expect(dry.step.conclusion).toBe('success');
  });

  it('writes one comment, and updates it in place', async () => {
    const workspace = await writeRepository(layers.emulator, threeBuiltInLayers(['dev']));
    const job = await pullRequestJob();
    const inputs = { layers: 'all' };
    const first = await run(workspace, 'plan', inputs, { job });
    expect(first.step.conclusion).toBe('success');
    const [created, ...others] = await comments();
    expect(others).toEqual([]);
    expect(created?.body).toContain('+ create terraform_data.name');
    expect(first.step.outputs['comment-url']).toContain('7');

    await run(workspace, 'apply', { environment: 'dev', comment: 'false' });
    await run(workspace, 'plan', inputs, { job });
    const [updated, ...more] = await comments();
    expect(more).toEqual([]);
    expect(updated?.id).toBe(created?.id);
    expect(updated?.body).toContain('No changes in 3 stacks');
  });

  it('says what to set where the checkout has no history', async () => {
    const workspace = await writeRepository(layers.emulator, threeBuiltInLayers(['dev']));
    const job = await pullRequestJob();
    const git = (...args: readonly string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: workspace,
        stdio: 'pipe',
      });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-q', '-m', 'base');
    const missing = await run(workspace, 'plan', {}, { job });
    expect(missing.step.conclusion).toBe('failure');
    expect(missing.step.annotations[0]?.message).toContain('fetch-depth: 2');

    git('switch', '-q', '-c', 'topic');
    const file = place('02-platform', 'dev');
    await writeFile(
      path.join(workspace, file),
      `${threeBuiltInLayers(['dev'])[file] ?? ''}\n# changed\n`,
    );
    git('commit', '-q', '-am', 'change');
    git('switch', '-q', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'other');
    git('merge', '-q', '--no-ff', '-m', 'merge', 'topic');
    const merged = await run(workspace, 'plan', { 'dry-run': 'true' }, { job });
    expect(JSON.parse(merged.step.outputs['affected'] ?? '')).toEqual([
      'layers/02-platform/environments/dev',
      'layers/03-apps/environments/dev',
    ]);
  });
});

describe('a role', () => {
  it('is assumed with the OIDC token of the job, and reaches Terraform and its provider', async () => {
    const role = await createJobRole(
      layers.emulator,
      'shop-dev-apply',
      'repo:acme/infra:environment:dev',
    );
    const workspace = await writeRepository(layers.emulator, {
      ...threeLayers(['dev']),
      'infra.yml': `version: 1\nenvironments:\n  dev: { apply-role: "${role}" }\n`,
    });
    const apply = async (environment: string): Promise<LayerStep> => {
      const { workspace: _, ...job } = await withGithub(
        { githubUrl: layers.emulator.githubUrl, environment },
        { workspace },
      );
      return run(
        workspace,
        'apply',
        { environment: 'dev' },
        {
          job,
          // Keys of the job must not win over the role.
          env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
        },
      );
    };
    const denied = await apply('production');
    expect(denied.step.conclusion).toBe('failure');
    expect(denied.log).toContain('sub: repo:acme/infra:environment:production');
    expect(await stateKeys(layers.emulator)).toEqual([]);

    const applied = await apply('dev');
    expect(new Set(Object.values(applied.statuses))).toEqual(new Set(['applied']));
    expect(applied.leftBehind).toEqual([]);
    const calls = await layers.emulator.calls();
    // Denied once, and then one session for all stacks.
    expect(calls['sts.AssumeRoleWithWebIdentity']).toBe(2);
  });
});
