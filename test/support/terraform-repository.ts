import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import type { TestEmulator } from './emulator.js';
import { withTofu } from './opentofu.js';
import {
  createJob,
  fixtureAction,
  ownAction,
  pushEvent,
  type JobOptions,
  type StepResult,
} from './runner.js';

/** Lies in the emulator; every state of a test is in it. */
export const stateBucket = 'states';

/** Writes files below a fresh directory of the emulator's, and returns it. */
export async function writeRepository(
  emulator: TestEmulator,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const root = await mkdtemp(path.join(await realpath(emulator.directory), 'repository-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

/** A root module with an S3 state of its own, and the states that it reads. */
export function rootModule(
  environment: string,
  name: string,
  reads: readonly string[],
  body: string,
): string {
  const place = (of: string): string =>
    `bucket = "${stateBucket}"\n    key    = "${environment}/${of}.tfstate"\n    region = "eu-west-1"`;
  return [
    `terraform {\n  backend "s3" {\n    ${place(name)}\n    use_lockfile = true\n  }\n}`,
    ...reads.map(
      (other) =>
        `data "terraform_remote_state" "${other}" {\n  backend = "s3"\n  config = {\n    ${place(other)}\n  }\n}`,
    ),
    body,
  ].join('\n\n');
}

/** The file of one root module. */
export const place = (layer: string, environment: string): string =>
  `layers/${layer}/environments/${environment}/main.tf`;

/** Three layers, each reading the one before; the first holds a real AWS resource. */
export function threeLayers(environments: readonly string[]): Record<string, string> {
  return layersOn(
    environments,
    (environment) => `resource "aws_ssm_parameter" "name" {
  name  = "/${environment}/name"
  type  = "String"
  value = var.name
}
output "name" {
  value = aws_ssm_parameter.name.name
}`,
  );
}

/** As `threeLayers` without AWS, whose provider costs two CPU seconds a start. */
export function threeBuiltInLayers(environments: readonly string[]): Record<string, string> {
  return layersOn(
    environments,
    (environment) => `resource "terraform_data" "name" {
  input = var.name
}
output "name" {
  value = "/${environment}/name"
}`,
  );
}

function layersOn(
  environments: readonly string[],
  foundation: (environment: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    environments.flatMap((environment) => [
      [
        place('01-foundation', environment),
        rootModule(
          environment,
          'foundation',
          [],
          `variable "name" {\n  default = "shop"\n}\n${foundation(environment)}`,
        ),
      ],
      [
        place('02-platform', environment),
        rootModule(
          environment,
          'platform',
          ['foundation'],
          `resource "terraform_data" "cluster" {
  input = "cluster of \${data.terraform_remote_state.foundation.outputs.name}"
}
output "cluster" {
  value = terraform_data.cluster.output
}`,
        ),
      ],
      [
        place('03-apps', environment),
        rootModule(
          environment,
          'apps',
          ['platform'],
          `resource "terraform_data" "app" {
  input = data.terraform_remote_state.platform.outputs.cluster
}`,
        ),
      ],
    ]),
  );
}

/** Object keys of the state bucket, but for what our action keeps beside the states. */
export async function stateKeys(
  emulator: Pick<TestEmulator, 'awsUrl'>,
): Promise<readonly string[]> {
  return (await bucketKeys(emulator)).filter((key) => !key.includes('.infra/'));
}

/** What our action keeps beside the states: `dev/app.tfstate.infra/journal`. */
export async function sidecarKeys(emulator: TestEmulator): Promise<readonly string[]> {
  return (await bucketKeys(emulator)).filter((key) => key.includes('.infra/'));
}

async function bucketKeys(emulator: Pick<TestEmulator, 'awsUrl'>): Promise<readonly string[]> {
  const answer = await s3(emulator, 'GET', `${stateBucket}?list-type=2`);
  const listing = await answer.text();
  return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key).sort();
}

export async function readState(emulator: TestEmulator, key: string): Promise<unknown> {
  return (await s3(emulator, 'GET', `${stateBucket}/${key}`)).json();
}

export async function writeObject(
  emulator: TestEmulator,
  key: string,
  text: string,
): Promise<void> {
  await s3(emulator, 'PUT', `${stateBucket}/${key}`, text);
}

export async function createStateBucket(emulator: Pick<TestEmulator, 'awsUrl'>): Promise<void> {
  await s3(emulator, 'PUT', stateBucket);
}

/** A request to S3 past any client; `target` is `bucket/key` with a query. @throws Error where refused */
export async function s3(
  emulator: Pick<TestEmulator, 'awsUrl'>,
  method: string,
  target: string,
  body?: string,
): Promise<Response> {
  const scope = 'test/20260101/us-east-1/s3/aws4_request';
  const answer = await fetch(`${emulator.awsUrl}/${target}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, Signature=0` },
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

/**
 * Signals the processes that run in `directory` or below it, and whose command line matches: kills
 * them as the kernel would, unless told otherwise. Returns how many there were.
 */
export function killBelow(
  directory: string,
  command: RegExp,
  signal: NodeJS.Signals = 'SIGKILL',
): number {
  let killed = 0;
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const cwd = readlinkSync(`/proc/${id}/cwd`);
      if (!command.test(line) || !`${cwd}/`.startsWith(`${directory}/`)) continue;
      process.kill(Number(id), signal);
      killed += 1;
    } catch {
      // It ended while the list was read.
    }
  }
  return killed;
}

/** The main step of our action, and Terraform or OpenTofu itself without its providers. */
export const mainProcess = /terraform-layer\/dist\/main/;
export const terraformProcess = /^\S*\/(?:terraform|tofu) /;

export interface LayerStep {
  readonly step: StepResult;
  readonly log: string;
  /** The output `stacks`, as status by display name. */
  readonly statuses: Readonly<Record<string, string>>;
  /** Files below `RUNNER_TEMP` after the post step, but for the plugin cache and the runner's own. */
  readonly leftBehind: readonly string[];
}

/** The commit of a workspace, which becomes a repository of one commit where it is none. */
function checkedOut(workspace: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      ...{ cwd: workspace, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    }).trim();
  if (!existsSync(path.join(workspace, '.git'))) {
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', 'Start');
  }
  return git('rev-parse', 'HEAD');
}

/** Runs the bundle of terraform-layer as a step of a job that works in the emulator. */
export async function runLayer(
  emulator: TestEmulator,
  options: {
    readonly workspace: string;
    readonly inputs: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly job?: Partial<JobOptions>;
    readonly signal?: AbortSignal;
    readonly onLine?: (line: string) => void;
  },
): Promise<LayerStep> {
  const { onLine } = options;
  const { inputs, env } = await withTofu(emulator, options);
  const providers = await terraformEnvironment();
  // Where it is set already, nothing is added to it, and a job inherits nothing.
  const cliConfig = providers.TF_CLI_CONFIG_FILE ?? process.env['TF_CLI_CONFIG_FILE'];
  const job = await createJob({
    workspace: options.workspace,
    event: pushEvent({ repository: 'acme/infra', after: checkedOut(options.workspace) }),
    ...options.job,
    ...(onLine === undefined ? {} : { onLine: (line: string) => onLine(line) }),
    env: {
      ...emulator.environment,
      ...(cliConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: cliConfig }),
      ...options.job?.env,
      ...env,
    },
  });
  let steps: readonly StepResult[];
  try {
    // Posts run the last step's first: this one's sees what ours has left.
    await job.run({
      id: 'observer',
      actionDirectory: fixtureAction('probe'),
      inputs: { 'main-script': '', 'post-script': listTemporary },
    });
    await job.run({
      id: 'layer',
      actionDirectory: ownAction('terraform-layer'),
      inputs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } finally {
    steps = (await job.finish()).steps;
  }
  const step = steps.find(({ id }) => id === 'layer');
  if (step === undefined) throw new Error('the step did not run');
  const observed = steps.find(({ id }) => id === 'observer')?.log ?? [];
  const marker = 'left behind: ';
  const line = observed.find((candidate) => candidate.startsWith(marker));
  if (line === undefined) throw new Error('nobody looked at what was left behind');
  const stacks = JSON.parse(step.outputs['stacks'] ?? '[]') as {
    readonly name: string;
    readonly status: string;
  }[];
  return {
    step,
    log: step.log.join('\n'),
    statuses: Object.fromEntries(stacks.map(({ name, status }) => [name, status])),
    leftBehind: JSON.parse(line.slice(marker.length)) as string[],
  };
}

const listTemporary = `
  import { readdirSync } from 'node:fs';
  const names = readdirSync(process.env.RUNNER_TEMP)
    .filter((name) => !/^(_github_workflow|_runner_file_commands|terraform-plugin-cache)/.test(name));
  console.log('left behind: ' + JSON.stringify(names));
`;
