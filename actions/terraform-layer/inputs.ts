import { readAccountIds, readRoleArn } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import { readNotify, type NotifyingInputs } from '../shared/notify/notify-inputs.js';
import { readModuleCredentials } from './modules-access/git-access.js';
import { readRegistryTokens } from './modules-access/registry-tokens.js';
import { parseHookCommands } from './policy/hook-commands.js';
import { readLeg, readStacksPerRunner, type LegInput } from './waves/leg-input.js';
import {
  parseVersionConstraint,
  tooOld,
  type VersionConstraint,
} from './terraform/version-constraint.js';

export type Command =
  /** These four run Terraform in many stacks and report on each. */
  'plan' | 'apply' | 'drift' | 'destroy' | 'graph' | 'check' | 'state' | 'unlock' | 'conclude';

/** Where review records are kept: an artifact of the run, beside the state, or nowhere. */
export type RecordStore = 'artifact' | 'state' | 'none';

/** `apply-again`: a pull request's number, or a commit. */
export type AppliedAgain =
  | { readonly kind: 'pull-request'; readonly number: number }
  | { readonly kind: 'commit'; readonly sha: string };

/** Which stacks: those that the checked out commit touches, all, or those that globs name. */
export type LayerSelection =
  | { readonly kind: 'changed' }
  | { readonly kind: 'all' }
  /** Over layers, names and display ids: `01-foundation`, `service-*`, `service-a/dev`. */
  | { readonly kind: 'globs'; readonly globs: readonly string[] };

export interface Inputs {
  readonly command: Command;
  /** Empty: every environment, in promotion order. */
  readonly environments: readonly string[];
  readonly layers: LayerSelection;
  /** Relative to the repository's root, without a slash at the end. */
  readonly workingDirectory: string;
  /** Relative to the repository's root; undefined: `infra.yml` where there is one. */
  readonly configPath: string | undefined;
  /** Undefined: from cores and memory. */
  readonly parallelism: number | undefined;
  readonly lockTimeoutSeconds: number;
  readonly terraformVersion: VersionConstraint;
  readonly terraformReleasesUrl: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Relative to the repository's root. */
  readonly varFiles: readonly string[];
  /** Undefined: the role of each environment in `infra.yml`, or the job's own credentials. */
  readonly roleArn: string | undefined;
  /** Undefined: the region of each environment in `infra.yml`. */
  readonly region: string | undefined;
  readonly audience: string;
  readonly allowedAccountIds: readonly string[];
  readonly githubToken: string | undefined;
  readonly comment: boolean;
  /** Undefined: the workflow and the working directory tell comments apart. */
  readonly commentKey: string | undefined;
  readonly commentAuthor: string | undefined;
  readonly dryRun: boolean;
  readonly graphFormat: 'json' | 'mermaid' | 'dot';
  /** What an apply is asked to take up once more, after a rejection, an expiry or a failure. */
  readonly applyAgain: AppliedAgain | undefined;
  /** Environments in which a plan of the same commit would change nothing. */
  readonly upToDate: readonly string[];
  /** Globs over resource types and addresses that may be destroyed all the same. */
  readonly allowDestroy: readonly string[];
  /** Typed confirmation: the environment's name, for `destroy` and `gate: dispatch`. */
  readonly confirm: string | undefined;
  /** Whether a plan proves the gates of the environments that it would apply. */
  readonly proveGates: boolean;
  /** Whether a plan shares its stacks out over runners, and how many each gets at least. */
  readonly stacksPerRunner?: number | undefined;
  /** The part of an apply that this job has; `layers` does not count then. */
  readonly leg?: LegInput | undefined;
  /** How many legs a run has, where what came of them is put together. */
  readonly legCount?: number | undefined;
  /** Name of the job of this run that must have passed before an apply begins. */
  readonly gateJob?: string | undefined;
  readonly reviewRecords: RecordStore;
  /** Path of the workflow whose runs may leave records; undefined: any that calls ours. */
  readonly reviewWorkflow: string | undefined;
  /** Lines of `state` operations: `import ADDRESS ID`, `mv A B`, `rm A`, `untaint A`, `restore VERSION`, `forget A`. */
  readonly stateOperations: readonly string[];
  /** The lock that `unlock` releases; undefined: it is only shown. */
  readonly lockId: string | undefined;
  readonly driftIssues: boolean;
  readonly driftLabel: string;
  /** Undefined: every stack is checked. */
  readonly timeBudgetSeconds: number | undefined;
  /** How often `init` and `plan` are tried again after a passing fault. */
  readonly retries: number;
  /** A command run on each plan's JSON, whose verdict counts; undefined: none. */
  readonly policyCommand: string | undefined;
  /** A command run on each plan's JSON, whose words are shown; undefined: none. */
  readonly costCommand: string | undefined;
  /** Token for private module repositories on this GitHub. */
  readonly modulesToken: string | undefined;
  /** Private key for modules over SSH. */
  readonly modulesSshKey: string | undefined;
  /** Tokens of registries and HCP Terraform, by host. */
  readonly registryTokens: Readonly<Record<string, string>>;
}

const commands = [
  'plan',
  'apply',
  'drift',
  'destroy',
  'graph',
  'check',
  'state',
  'unlock',
  'conclude',
] as const satisfies readonly Command[];
export const defaultVersion = '>= 1.11';

/**
 * Reads every input, and reports every problem at once.
 *
 * @throws UserError
 */
export function readInputs(source: InputSource, env: Env): Inputs & NotifyingInputs {
  const reader = new InputReader(source);
  const command = reader.oneOf('command', commands);
  const pullRequest = env('GITHUB_EVENT_NAME')?.startsWith('pull_request') === true;
  return reader.finish({
    command,
    environments: [...new Set(reader.list('environment'))],
    layers: readLayers(reader, command, pullRequest),
    workingDirectory: readPath(reader, 'working-directory') ?? '.',
    configPath: readPath(reader, 'config'),
    parallelism: reader.integer('parallelism', { min: 1, max: 256 }),
    lockTimeoutSeconds: readDuration(reader, 'lock-timeout', 300),
    terraformVersion: readVersion(reader),
    terraformReleasesUrl: (
      reader.matching(
        'terraform-releases-url',
        /^https?:\/\/\S+$/,
        'an address such as https://releases.hashicorp.com',
      ) ?? 'https://releases.hashicorp.com'
    ).replace(/\/+$/, ''),
    variables: readVariables(reader),
    varFiles: reader.list('var-file'),
    roleArn: readRoleArn(reader, 'role-to-assume'),
    region: reader.matching(
      'aws-region',
      /^[a-z]{2,}(-[a-z]+)+-\d+$/,
      'a region such as eu-west-1',
    ),
    audience: reader.text('audience') ?? 'sts.amazonaws.com',
    allowedAccountIds: readAccountIds(reader, 'allowed-account-ids'),
    githubToken: reader.text('github-token'),
    comment: reader.boolean('comment', true),
    commentKey: reader.text('comment-key'),
    commentAuthor: reader.text('comment-author'),
    dryRun: reader.boolean('dry-run', false),
    graphFormat: reader.oneOf('graph-format', ['json', 'mermaid', 'dot'], 'json'),
    applyAgain: readAppliedAgain(reader, command),
    upToDate: reader.list('up-to-date'),
    allowDestroy: reader.list('allow-destroy'),
    confirm: reader.text('confirm'),
    proveGates: reader.boolean('prove-gates', false),
    stacksPerRunner: readStacksPerRunner(reader, command),
    leg: readLeg(reader, command),
    legCount: reader.integer('leg-count', { min: 0, max: 10_000 }),
    gateJob: reader.text('gate-job'),
    reviewRecords: reader.oneOf('review-records', ['artifact', 'state', 'none'], 'artifact'),
    reviewWorkflow: readPath(reader, 'review-workflow'),
    stateOperations: readLines(reader, 'state-operations'),
    lockId: reader.text('lock-id'),
    driftIssues: reader.boolean('drift-issues', true),
    driftLabel: reader.text('drift-label') ?? 'infra-drift',
    timeBudgetSeconds: readOptionalDuration(reader, 'time-budget'),
    retries: reader.integer('retries', { min: 0, max: 10 }) ?? 3,
    policyCommand: readHookCommand(reader, 'policy-command'),
    costCommand: readHookCommand(reader, 'cost-command'),
    ...readModuleCredentials(reader),
    registryTokens: readRegistryTokens(reader),
    notify: readNotify(reader),
  });
}

function readLayers(reader: InputReader, command: Command, pullRequest: boolean): LayerSelection {
  const items = reader.list('layers');
  const [first] = items;
  if (first === undefined) {
    return { kind: command === 'plan' && pullRequest ? 'changed' : 'all' };
  }
  if (first !== 'changed' && first !== 'all') return { kind: 'globs', globs: items };
  if (items.length > 1) {
    reader.problem('layers', 'input-malformed', `"${first}" stands alone or not at all`);
  }
  return { kind: first };
}

function readAppliedAgain(reader: InputReader, command: Command): AppliedAgain | undefined {
  const value = reader.matching(
    'apply-again',
    /^(?:#?\d{1,9}|[0-9a-f]{40})$/,
    "a pull request's number or a full commit SHA",
  );
  if (value === undefined) return undefined;
  if (command !== 'apply' && command !== 'plan') {
    reader.problem(
      'apply-again',
      'input-not-for-command',
      `is not for "${command}"`,
      'apply, plan',
    );
  }
  if (/^[0-9a-f]{40}$/.test(value)) return { kind: 'commit', sha: value };
  return { kind: 'pull-request', number: Number(value.replace('#', '')) };
}

/** Lines as they stand, blanks dropped: an item may hold commas. */
function readLines(reader: InputReader, name: string): readonly string[] {
  return (reader.text(name) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function readPath(reader: InputReader, name: string): string | undefined {
  const value = reader
    .text(name)
    ?.replace(/^(\.\/+)+/, '')
    .replace(/\/+$/, '');
  if (value === undefined) return undefined;
  if (value.startsWith('/') || value.split('/').includes('..')) {
    reader.problem(name, 'input-malformed', `"${value}" leaves the repository`, 'a path below it');
  }
  return value === '' ? '.' : value;
}

function readDuration(reader: InputReader, name: string, fallbackSeconds: number): number {
  return readOptionalDuration(reader, name) ?? fallbackSeconds;
}

function readOptionalDuration(reader: InputReader, name: string): number | undefined {
  const value = reader.matching(
    name,
    /^\d{1,5}[smh]?$/,
    'a duration such as 90s, 5m or 1h (seconds without a unit)',
  );
  const match = /^(\d{1,5})([smh]?)$/.exec(value ?? '');
  if (match === null) return undefined;
  const factor = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * factor;
}

function readVersion(reader: InputReader): VersionConstraint {
  const text = reader.text('terraform-version') ?? defaultVersion;
  const constraint = parseVersionConstraint(text);
  if (constraint !== undefined) {
    if (!constraint.reachesFloor) {
      const { code, message, hint } = tooOld(constraint);
      reader.problem('terraform-version', code, message, hint);
    }
    return constraint;
  }
  reader.problem(
    'terraform-version',
    'input-malformed',
    `"${text}" is not a version constraint`,
    'for example ">= 1.11", "~> 1.11.0", "1.11.4", or "tofu >= 1.11"',
  );
  return { text, program: undefined, exact: undefined, reachesFloor: true, allows: () => true };
}

function readHookCommand(reader: InputReader, name: string): string | undefined {
  const text = reader.text(name);
  const result = parseHookCommands(text);
  if (!result.ok) {
    reader.problem(
      name,
      'input-malformed',
      `line ${result.line} has no program, or a quote that is not closed`,
      'one command a line, words in single or double quotes where they have spaces; no shell reads it',
    );
  }
  return text;
}

function readVariables(reader: InputReader): Readonly<Record<string, string>> {
  const variables = reader.keyValues('vars');
  for (const name of Object.keys(variables)) {
    if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)) continue;
    reader.problem('vars', 'input-malformed', `"${name}" cannot be a variable's name`);
  }
  return variables;
}
