import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import { createRepository, type Repository } from '../../scripts/demo/git.js';
import { buildReleaseTree } from '../../scripts/release/tree.js';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import { consumerRuns, type RunConsumer } from './consumer-runs.js';
import type { TestEmulator } from './emulator.js';

/** Repositories of one file of tests, the release tree that they call, and AWS and GitHub. */
export interface Consumer {
  readonly emulator: Emulator;
  /** The same emulator as helpers of tests take it. */
  readonly aws: TestEmulator;
  readonly directory: string;
  readonly run: RunConsumer;
  /** Makes a repository with these files, by path, in its first commit. */
  repository(slug: string, files: Readonly<Record<string, string>>): Promise<Repository>;
  stop(): Promise<void>;
}

/** Starts what a consumer's workflows need. */
export async function openConsumer(): Promise<Consumer> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'consumer-')));
  const releaseTree = path.join(directory, 'release-tree');
  await buildReleaseTree(releaseTree);
  const emulator = await startEmulator({ directory: path.join(directory, 'emulator'), speed: 30 });
  const cli = await terraformEnvironment();
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...endpoint } = emulator.nodeEnvironment();
  const cliConfig =
    'TF_CLI_CONFIG_FILE' in cli ? cli.TF_CLI_CONFIG_FILE : process.env['TF_CLI_CONFIG_FILE'];
  const jobEnvironment = {
    ...endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(cliConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: cliConfig }),
    CHECKPOINT_DISABLE: '1',
  };
  return {
    emulator,
    directory,
    aws: {
      ...{ awsUrl: emulator.awsUrl, githubUrl: emulator.githubUrl, region: emulator.region },
      ...{ registryHost: emulator.registryHost, pid: process.pid, directory },
      slackWebhookUrl: emulator.slack.webhookUrl,
      environment: emulator.nodeEnvironment(),
      calls: () => Promise.resolve(emulator.calls()),
      addFaults(...rules) {
        emulator.addFaults(rules);
        return Promise.resolve();
      },
      reset: () => emulator.reset(),
      advance(seconds) {
        emulator.clock.advance(seconds * 1000);
        return Promise.resolve();
      },
      control: (method, name, body) =>
        control(`${emulator.awsUrl}/_emulator/${name}`, method, body),
      githubControl: (method, name, body) =>
        control(`${emulator.githubUrl}/_emulator/${name}`, method, body),
      slackControl: (method, name, body) =>
        control(`${new URL(emulator.slack.webhookUrl).origin}/_emulator/${name}`, method, body),
      stop: () => emulator.stop(),
    },
    run: consumerRuns(() => ({
      emulator,
      jobEnvironment,
      releaseTree,
      directory,
    })),
    async repository(slug, files) {
      const parent = await mkdtemp(path.join(directory, 'repository-'));
      const repository = await createRepository(
        path.join(parent, slug.split('/').at(-1) ?? ''),
        slug,
      );
      for (const [name, text] of Object.entries(files)) {
        const file = path.join(repository.directory, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      const sha = repository.commit('Start');
      repository.git('remote', 'add', 'origin', `https://github.com/${slug}`);
      emulator.github.seedRepository({
        ...{ repository: slug, commits: [{ sha, message: 'Start' }], branches: { main: sha } },
      });
      return repository;
    },
    async stop() {
      await emulator.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A workflow of a consumer that calls one of these actions' by its only job, `service`. */
export function callerOf(
  workflow: string,
  call: {
    readonly on: Readonly<Record<string, unknown>>;
    readonly permissions: Readonly<Record<string, string>>;
    readonly inputs: Readonly<Record<string, string | boolean | number>>;
  },
): string {
  return stringify({
    name: workflow,
    on: call.on,
    permissions: {},
    jobs: {
      service: {
        permissions: call.permissions,
        uses: `org/infra-actions/.github/workflows/${workflow}.yml@v1`,
        with: call.inputs,
      },
    },
  });
}

async function control(url: string, method: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
