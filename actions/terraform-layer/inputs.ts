import { readAccountIds, readRoleArn } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import { parseVersionConstraint, type VersionConstraint } from './terraform/version-constraint.js';

export type Command = 'plan' | 'apply' | 'graph' | 'drift';

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
  readonly commentAuthor: string;
  readonly dryRun: boolean;
}

const commands = ['plan', 'apply', 'graph', 'drift'] as const;
export const defaultVersion = '>= 1.11';

/**
 * Reads every input, and reports every problem at once.
 *
 * @throws UserError
 */
export function readInputs(source: InputSource, env: Env): Inputs {
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
    commentAuthor: reader.text('comment-author') ?? 'github-actions[bot]',
    dryRun: reader.boolean('dry-run', false),
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
  if (first === 'changed' && command === 'apply') {
    reader.problem(
      'layers',
      'layers-not-for-apply',
      '"changed" is for plans: the last commit alone does not tell what has not been applied yet',
      'all, or globs; a stack without changes costs an apply nothing but its plan',
    );
  }
  return { kind: first };
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
  const value = reader.matching(
    name,
    /^\d{1,5}[smh]?$/,
    'a duration such as 90s, 5m or 1h (seconds without a unit)',
  );
  const match = /^(\d{1,5})([smh]?)$/.exec(value ?? '');
  if (match === null) return fallbackSeconds;
  const factor = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * factor;
}

function readVersion(reader: InputReader): VersionConstraint {
  const text = reader.text('terraform-version') ?? defaultVersion;
  const constraint = parseVersionConstraint(text);
  if (constraint !== undefined) return constraint;
  reader.problem(
    'terraform-version',
    'input-malformed',
    `"${text}" is not a version constraint`,
    'for example ">= 1.11", "~> 1.11.0", "1.11.4", or "tofu >= 1.11"',
  );
  return { text, program: undefined, exact: undefined, allows: () => true };
}

function readVariables(reader: InputReader): Readonly<Record<string, string>> {
  const variables = reader.keyValues('vars');
  for (const name of Object.keys(variables)) {
    if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)) continue;
    reader.problem('vars', 'input-malformed', `"${name}" cannot be a variable's name`);
  }
  return variables;
}
