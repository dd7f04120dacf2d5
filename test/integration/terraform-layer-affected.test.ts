import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { pullRequestEvent, withGithub, type JobOptions } from '../support/runner.js';
import {
  createStateBucket,
  runLayer,
  writeObject,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());

function run(
  workspace: string,
  inputs: Readonly<Record<string, string>>,
  job: Partial<JobOptions> = {},
): Promise<LayerStep> {
  return runLayer(emulator, { workspace, inputs, job });
}

async function pullRequestJob(): Promise<Partial<JobOptions>> {
  const event = pullRequestEvent({
    repository: 'acme/infra',
    number: 7,
    head: { ref: 'topic', sha: 'b'.repeat(40) },
    base: { ref: 'main', sha: 'a'.repeat(40) },
  });
  const { workspace: _, ...job } = await withGithub(
    { githubUrl: emulator.githubUrl },
    { workspace: '/nowhere', event, workflow: 'Plan' },
  );
  return job;
}

const backend = (key: string): string =>
  `terraform {\n  backend "s3" {\n    bucket = "states"\n    key    = "${key}"\n    region = "eu-west-1"\n  }\n}\n`;
const read = (key: string): string =>
  `data "terraform_remote_state" "up" {\n  backend = "s3"\n  config = {\n    bucket = "states"\n    key    = "${key}"\n  }\n}\n`;
const place = (name: string): string => `layers/apps/${name}/environments/dev`;

/** 40 stacks: the first 12 call a module, and 38 and 39 read the state of 0 and of 38. */
function forty(): Record<string, string> {
  const files: Record<string, string> = {
    'modules/queue/main.tf': 'module "names" { source = "../names" }\n',
    'modules/names/main.tf': 'locals {\n  x = 1\n}\n',
    'infra.yml': 'environments:\n  dev: { apply: approval }\n',
  };
  for (let index = 0; index < 40; index += 1) {
    const name = `s${String(index).padStart(2, '0')}`;
    files[`${place(name)}/main.tf`] =
      backend(name) +
      (index < 12 ? 'module "queue" { source = "../../../../../modules/queue" }\n' : '') +
      (index === 38 ? read('s00') : index === 39 ? read('s38') : '');
  }
  return files;
}

interface Repository {
  readonly root: string;
  readonly git: (...args: readonly string[]) => string;
  /** Commits a change on a branch, and checks out its merge into main. */
  readonly merge: (change: () => Promise<void>) => Promise<void>;
}

async function repository(files: Readonly<Record<string, string>>): Promise<Repository> {
  const root = await writeRepository(emulator, files);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'base');
  return {
    root,
    git,
    merge: async (change) => {
      git('switch', '-q', '-c', 'topic');
      await change();
      git('add', '--all');
      git('commit', '-q', '-m', 'change');
      git('switch', '-q', 'main');
      git('commit', '-q', '--allow-empty', '-m', 'other');
      git('merge', '-q', '--no-ff', '-m', 'merge', 'topic');
    },
  };
}

const dryRun = { command: 'plan', 'dry-run': 'true' };

describe('a pull request', () => {
  it('that changes a module of 12 of 40 stacks covers these and what reads them', async () => {
    const { root, merge } = await repository(forty());
    await merge(() =>
      writeFile(path.join(root, 'modules/names/main.tf'), 'locals {\n  x = 2\n}\n'),
    );
    const { step } = await run(root, dryRun, await pullRequestJob());
    const names = (JSON.parse(step.outputs['affected'] ?? '[]') as string[]).map(
      (id) => id.split('/')[2],
    );
    expect(names.sort()).toEqual([
      ...Array.from({ length: 12 }, (_, index) => `s${String(index).padStart(2, '0')}`),
      's38',
      's39',
    ]);
    expect(step.conclusion).toBe('success');
  });

  it('is told which gate it changes, and keeps to the one of its base', async () => {
    const { root, merge } = await repository(forty());
    await merge(() =>
      writeFile(path.join(root, 'infra.yml'), 'environments:\n  dev: { apply: auto }\n'),
    );
    const { step } = await run(root, dryRun, await pullRequestJob());
    const notices = step.annotations.map(({ message }) => message);
    expect(notices).toContain('apply of dev: approval → auto counts after this merge');
    expect(notices).toContain('unreviewed of dev: stop → allow counts after this merge');
  });

  it('is told of a stack that is gone whose state is not, and the command that destroys it', async () => {
    const { root, git, merge } = await repository(forty());
    await merge(() => rm(path.join(root, place('s20')), { recursive: true }));
    const base = git('rev-parse', 'HEAD^').trim();
    const never = await run(root, dryRun, await pullRequestJob());
    expect(never.step.annotations).toEqual([]);

    await createStateBucket(emulator);
    const holding = (...resources: readonly unknown[]): string =>
      JSON.stringify({ version: 4, serial: 3, lineage: 'l', outputs: {}, resources });
    await writeObject(emulator, 's20', holding());
    const destroyed = await run(root, dryRun, await pullRequestJob());
    expect(destroyed.step.annotations).toEqual([]);

    const queue = { mode: 'managed', type: 'aws_sqs_queue', name: 'q', instances: [{}] };
    await writeObject(emulator, 's20', holding(queue));
    const { step } = await run(root, dryRun, await pullRequestJob());
    const [error] = step.annotations.filter(({ level }) => level === 'error');
    expect(error?.message).toContain(`from commit ${base}: command: destroy`);
    expect(error?.message).toContain(place('s20'));
  });

  it('may rename a stack that keeps its state', async () => {
    const { root, git, merge } = await repository(forty());
    await merge(() => {
      git('mv', 'layers/apps/s20', 'layers/apps/renamed');
      return Promise.resolve();
    });
    const { step } = await run(root, dryRun, await pullRequestJob());
    expect(step.conclusion).toBe('success');
    expect(step.annotations.filter(({ level }) => level !== 'notice')).toEqual([]);
    expect(JSON.parse(step.outputs['affected'] ?? '')).toEqual([place('renamed')]);
  });
});

describe('the graph', () => {
  it.each([
    ['json', 'json', '"version": 1'],
    ['mermaid', 'mmd', 'flowchart LR'],
    ['dot', 'dot', 'digraph stacks {'],
  ])('is printed and written as %s', async (format, ending, text) => {
    const root = await writeRepository(emulator, forty());
    const { step, log } = await run(root, { command: 'graph', 'graph-format': format });
    expect(step.conclusion).toBe('success');
    expect(log).toContain(text);
    expect(path.extname(step.outputs['graph-file'] ?? '')).toBe(`.${ending}`);
    expect(step.summary).toContain('flowchart LR');
  });
});
