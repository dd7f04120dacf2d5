import path from 'node:path/posix';
import type { StackRule } from '../config/infra-config.js';
import { pathPattern, type PathPattern } from './path-pattern.js';
import type { Workspace } from './workspace.js';

/** A repository layout that is understood without `infra.yml`. */
export interface Layout {
  /** Directory pattern, relative to the working directory. */
  readonly path: string;
  /** One line for the message that no stack was found. */
  readonly description: string;
}

export const knownLayouts: readonly Layout[] = [
  {
    path: 'layers/{layer}/environments/{environment}',
    description: 'a root module for each layer and environment',
  },
  {
    path: 'layers/{layer}/{service}/environments/{environment}',
    description: 'a root module for each service of a layer and environment',
  },
  {
    path: 'environments/{environment}',
    description: 'a root module for each environment',
  },
  {
    path: 'infra/{stack}/terraform',
    description:
      'a root module for each part, with a var file or backend config for each environment ' +
      '(environments/dev.tfvars, backend/dev.hcl)',
  },
  {
    path: 'terraform',
    description:
      'one root module with a var file for each environment (environments/dev/terraform.tfvars)',
  },
];

/** The known layouts as rules of `infra.yml` with nothing said. */
export const layoutRules: readonly StackRule[] = knownLayouts.map((layout) => ({
  path: layout.path,
  after: [],
  varFiles: [],
  backendConfigFiles: [],
  movedFrom: [],
}));

export interface RuleMatcher {
  readonly rule: StackRule;
  readonly pattern: PathPattern;
}

/** Rules with their patterns, the most specific first; of two equal ones the later. */
export function ruleMatchers(rules: readonly StackRule[]): readonly RuleMatcher[] {
  return rules
    .map((rule, index) => ({ rule, index, pattern: pathPattern(rule.path) }))
    .sort((a, b) => b.pattern.literalSegments - a.pattern.literalSegments || b.index - a.index)
    .map(({ rule, pattern }) => ({ rule, pattern }));
}

/** `path` as seen from `directory`, or undefined where it is not below it. */
export function relativeTo(directory: string, file: string): string | undefined {
  if (directory === '.') return file;
  return file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : undefined;
}

/** Directories that fit a rule, held Terraform files that are now deleted, and are no stack any more. */
export function removedStackDirectories(
  workspace: Workspace,
  deletedFiles: readonly string[],
): readonly string[] {
  const { config, directory, stacks } = workspace;
  const matchers = ruleMatchers(config.stacks.length === 0 ? layoutRules : config.stacks);
  const living = new Set(stacks.flatMap((stack) => [stack.directory, ...stack.moduleDirectories]));
  const removed = new Set<string>();
  for (const file of deletedFiles) {
    if (!/\.(tf|tofu)(\.json)?$/.test(file)) continue;
    const place = path.dirname(file);
    const relative = relativeTo(directory, place);
    if (living.has(place) || relative === undefined) continue;
    if (matchers.some(({ pattern }) => pattern.match(relative) !== undefined)) removed.add(place);
  }
  return [...removed].sort();
}
