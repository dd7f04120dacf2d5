import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import { createRepository, ecrOf, type RegistryAccount } from './ecr-registry.js';
import type { TestEmulator } from './emulator.js';
import { createJob, fixtureAction, ownAction, type JobOptions, type StepResult } from './runner.js';

export interface PushStep {
  readonly step: StepResult;
  readonly log: string;
  /** Files below `RUNNER_TEMP` after the post step, but for the runner's own. */
  readonly leftBehind: readonly string[];
}

export interface PushStepOptions {
  readonly workspace: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly job?: Partial<JobOptions>;
  readonly signal?: AbortSignal;
  /** Sees the job's temporary directory after the main step, before any post step. */
  readonly afterwards?: (temporaryDirectory: string) => void;
  /** Sees each line of the main step as it comes, and where its temporary files lie. */
  readonly onLine?: (line: string, temporaryDirectory: string) => void;
}

/** Runs the bundle as a step of a job, with AWS of the emulator in its environment. */
export async function runPush(emulator: TestEmulator, options: PushStepOptions): Promise<PushStep> {
  const { onLine } = options;
  let temporary = '';
  const job = await createJob({
    workspace: options.workspace,
    sha: '0123456789abcdef0123456789abcdef01234567',
    repository: 'acme/service-a',
    ...options.job,
    ...(onLine === undefined ? {} : { onLine: (line: string) => onLine(line, temporary) }),
    env: { ...emulator.environment, ...options.env },
  });
  temporary = job.temporaryDirectory;
  let step: StepResult | undefined;
  let left: StepResult | undefined;
  try {
    // Posts run the last step's first: this one's sees what ours has left.
    await job.run({
      id: 'observer',
      actionDirectory: fixtureAction('probe'),
      inputs: { 'main-script': '', 'post-script': listTemporary },
    });
    await job.run({
      id: 'push',
      actionDirectory: ownAction('ecr-push'),
      inputs: options.inputs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    options.afterwards?.(temporary);
  } finally {
    const { steps } = await job.finish();
    step = steps.find(({ id }) => id === 'push');
    left = steps.find(({ id }) => id === 'observer');
  }
  if (step === undefined) throw new Error('the step did not run');
  const marker = 'left behind: ';
  const line = left?.log.find((candidate) => candidate.startsWith(marker));
  if (line === undefined) throw new Error('nobody looked at what was left behind');
  return {
    step,
    log: step.log.join('\n'),
    leftBehind: JSON.parse(line.slice(marker.length)) as string[],
  };
}

const listTemporary = `
  import { readdirSync } from 'node:fs';
  const names = readdirSync(process.env.RUNNER_TEMP, { recursive: true })
    .filter((name) => !/^_(github_workflow|runner_file_commands)/.test(name));
  console.log('left behind: ' + JSON.stringify(names));
`;

/** Kills the main process that runs in `workspace`, as the kernel does when memory runs out. */
export function killMain(workspace: string): boolean {
  const entry = path.join(ownAction('ecr-push'), 'dist', 'main', 'index.js');
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
      if (command.includes(entry) && readlinkSync(`/proc/${id}/cwd`) === workspace) {
        return process.kill(Number(id), 'SIGKILL');
      }
    } catch {
      // It ended while we looked.
    }
  }
  return false;
}

/** Every file below `directory` that holds `text`; links are not followed. */
export function filesWith(directory: string, text: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

export async function makeRepository(
  emulator: TestEmulator,
  repositoryName: string,
  imageTagMutability: 'MUTABLE' | 'IMMUTABLE' = 'IMMUTABLE',
): Promise<void> {
  await createRepository(ecrOf(emulator), repositoryName, { imageTagMutability });
}

/** What the repository's tags name, by tag. */
export async function tagsOf(
  emulator: TestEmulator,
  repositoryName: string,
  account: RegistryAccount = {},
): Promise<Readonly<Record<string, string>>> {
  const answer = await ecrOf(emulator, account).send(new DescribeImagesCommand({ repositoryName }));
  return Object.fromEntries(
    (answer.imageDetails ?? []).flatMap(({ imageTags = [], imageDigest = '' }) =>
      imageTags.map((tag) => [tag, imageDigest] as const),
    ),
  );
}

export async function manifestOf(
  emulator: TestEmulator,
  repositoryName: string,
  imageTag: string,
): Promise<unknown> {
  const answer = await ecrOf(emulator).send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] }),
  );
  return JSON.parse(answer.images?.[0]?.imageManifest ?? 'null') as unknown;
}

/** A login for the emulator's registry, as a file that docker and buildah can read. */
export async function loginDirectory(emulator: TestEmulator, parent: string): Promise<string> {
  const answer = await ecrOf(emulator).send(new GetAuthorizationTokenCommand({}));
  const auth = answer.authorizationData?.[0]?.authorizationToken ?? '';
  const directory = await mkdtemp(path.join(parent, 'login-'));
  await writeFile(
    path.join(directory, 'config.json'),
    JSON.stringify({ auths: { [emulator.registryHost]: { auth } } }),
  );
  return directory;
}

const service = path.join(import.meta.dirname, '..', '..', 'examples', 'service-a');

/** A checkout of the example service, whose image needs nothing from anywhere. */
export async function serviceWorkspace(directory: string, name = 'workspace'): Promise<string> {
  const workspace = path.join(directory, name);
  await mkdir(workspace, { recursive: true });
  await cp(path.join(service, 'Dockerfile'), path.join(workspace, 'Dockerfile'));
  await cp(path.join(service, 'bin'), path.join(workspace, 'bin'), { recursive: true });
  if (!existsSync(path.join(workspace, '.git'))) {
    git(workspace, ['init', '--quiet']);
    git(workspace, ['commit', '--quiet', '--allow-empty', '--message', 'Start']);
  }
  return workspace;
}

/** A checkout of the example service whose context, with these further files, is all in its commit. */
export async function committedService(
  directory: string,
  options: {
    readonly time?: string | undefined;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Promise<string> {
  const workspace = await serviceWorkspace(directory);
  for (const [file, text] of Object.entries({ '.dockerignore': '.git\n', ...options.files })) {
    await writeFile(path.join(workspace, file), text);
  }
  commitAll(workspace, options.time);
  return workspace;
}

/** Commits all that is there, under a commit of its own. */
export function commitAll(workspace: string, time?: string): void {
  git(workspace, ['add', '--all']);
  const env = time === undefined ? {} : { GIT_COMMITTER_DATE: time };
  git(workspace, ['commit', '--quiet', '--allow-empty', '--message', 'Change'], env);
}

function git(
  workspace: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): void {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    cwd: workspace,
    env: { ...process.env, ...env },
  });
}
