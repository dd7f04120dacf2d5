import path from 'node:path/posix';
import { UserError } from '../../shared/errors.js';
import type { EnvironmentConfig, InfraConfig } from '../config/infra-config.js';
import {
  gateSettingsOf,
  strictest,
  strictSettings,
  type GateSettings,
} from '../config/strictest.js';
import type { Files } from '../stacks/files.js';
import { completeConfig, readConfig } from '../stacks/load-config.js';
import type { PolicyDifference } from './policy-difference.js';
import { checkoutPaths, gitText, hasCommit, type Git } from './git.js';

/** The configuration that a run goes by. */
export interface Policy {
  /** That of the checked out commit, with the gate settings of the base. */
  readonly config: InfraConfig;
  readonly differences: readonly PolicyDifference[];
  /** Commits whose `infra.yml` is not understood: the strictest settings count instead. */
  readonly unreadable: readonly string[];
}

/**
 * The checked out configuration with the gates of its base (ADR 0011): what stops a change is read
 * from before the change. Everything else, roles and regions too, comes from the checked out commit.
 *
 * - `bases`: the commit whose settings count, by environment; one without an entry keeps its own.
 * - An environment that the base does not have keeps its own settings, unless the change drops
 *   another one: it may be that one under a new name, and permits no more than that.
 * - `unseen`: environments whose base cannot be seen. They, and those whose base has an `infra.yml`
 *   that is not understood, get the strictest settings: approval, and unreviewed changes stop.
 *
 * @throws UserError `base-missing` where a base is not in the clone
 */
export async function policyFrom(options: {
  readonly git: Git;
  readonly head: InfraConfig;
  /** Where the stacks are, and `infra.yml` is looked for. */
  readonly directory: string;
  readonly configPath?: string | undefined;
  readonly bases: ReadonlyMap<string, string>;
  readonly unseen?: ReadonlySet<string>;
}): Promise<Policy> {
  const { head, bases, unseen = new Set() } = options;
  const read = new Map<string, BaseConfig>();
  for (const sha of new Set(bases.values())) read.set(sha, await configAt(options, sha));
  const differences: PolicyDifference[] = [];
  const environments = head.environments.map((environment) => {
    const base = unseen.has(environment.name)
      ? 'unreadable'
      : read.get(bases.get(environment.name) ?? '');
    if (base === undefined) return environment;
    const settings = settingsFrom(base, environment, head);
    differences.push(...differencesOf(environment, settings));
    return { ...environment, ...settings };
  });
  const seen: readonly BaseConfig[] = [...read.values()];
  const all = unseen.size === 0 ? seen : [...seen, 'unreadable' as const];
  const volatile = volatileOf(all, head, differences);
  return {
    config: { ...head, environments, volatile },
    differences,
    unreadable: [...read].flatMap(([sha, config]) => (config === 'unreadable' ? [sha] : [])),
  };
}

type BaseConfig = InfraConfig | 'unreadable';

async function configAt(
  {
    git,
    head,
    directory,
    configPath,
  }: {
    readonly git: Git;
    readonly head: InfraConfig;
    readonly directory: string;
    readonly configPath?: string | undefined;
  },
  sha: string,
): Promise<BaseConfig> {
  if (!(await hasCommit(git, sha))) {
    throw new UserError({
      code: 'base-missing',
      message: `the checkout does not hold ${sha}, whose infra.yml decides on this run`,
      hint: 'set "fetch-depth: 0" on actions/checkout',
    });
  }
  const candidates =
    configPath === undefined
      ? ['infra.yml', 'infra.yaml'].map((name) => path.join(directory, name))
      : [path.normalize(configPath)];
  const inCheckout = await checkoutPaths(git);
  const texts = new Map<string, string>();
  for (const file of candidates) {
    const place = inCheckout(file);
    const entry = await gitText(git, ['ls-tree', '-z', '--full-tree', sha, '--', place]);
    if (entry !== '') {
      texts.set(file, await gitText(git, ['cat-file', 'blob', `${sha}:${place}`]));
    }
  }
  const files: Files = { list: () => [...texts.keys()], read: (file) => texts.get(file) };
  const names = head.environments.map(({ name }) => name);
  try {
    const named = configPath !== undefined && texts.size > 0 ? configPath : undefined;
    return completeConfig(readConfig(files, directory, named), names);
  } catch (error) {
    if (error instanceof UserError) return 'unreadable';
    throw error;
  }
}

function settingsFrom(
  base: BaseConfig,
  environment: EnvironmentConfig,
  head: InfraConfig,
): GateSettings {
  const own = gateSettingsOf(environment);
  if (base === 'unreadable') return strictSettings(own);
  const before = base.environments.find(({ name }) => name === environment.name);
  if (before !== undefined) return gateSettingsOf(before);
  const names = new Set(head.environments.map(({ name }) => name));
  const dropped = base.environments.filter(({ name }) => !names.has(name));
  return strictest(own, ...dropped.map(gateSettingsOf));
}

function differencesOf(
  { name, ...head }: EnvironmentConfig,
  base: GateSettings,
): readonly PolicyDifference[] {
  const pairs: readonly (readonly [PolicyDifference['setting'], string, string])[] = [
    ['apply', base.apply, head.apply],
    ['unreviewed', base.unreviewed, head.unreviewed],
    ['gate', base.gate, head.gate],
    ['approvals', String(base.approvals), String(head.approvals)],
    ['prevent-destroy', listed(base.guards.preventDestroy), listed(head.guards.preventDestroy)],
    ['max-destroys', String(base.guards.maxDestroys), String(head.guards.maxDestroys)],
  ];
  return pairs.flatMap(([setting, before, after]) =>
    before === after ? [] : [{ environment: name, setting, base: before, head: after }],
  );
}

/** What every base leaves out of a review: a base that compares more wins. */
function volatileOf(
  bases: readonly BaseConfig[],
  head: InfraConfig,
  differences: PolicyDifference[],
): readonly string[] {
  if (bases.length === 0) return head.volatile;
  const lists = bases.map((base) => (base === 'unreadable' ? [] : base.volatile));
  const [first = [], ...others] = lists;
  const volatile = first.filter((glob) => others.every((list) => list.includes(glob)));
  if (listed(volatile) !== listed(head.volatile)) {
    differences.push({
      environment: undefined,
      setting: 'volatile',
      base: listed(volatile),
      head: listed(head.volatile),
    });
  }
  return volatile;
}

function listed(globs: readonly string[]): string {
  return [...globs].sort().join(', ') || 'nothing';
}
