import type { StackRule } from '../config/infra-config.js';
import { pathPattern, type PathPattern } from './path-pattern.js';

/** A repository layout that is understood without `infra.yml`. */
export interface Layout {
  /** Directory pattern, relative to the working directory. */
  readonly path: string;
  /** One line for the message that no stack was found. */
  readonly description: string;
  /** Directories that fit the pattern and are something else. */
  readonly except?: readonly string[];
  /**
   * Whether a folder that fits it is a stack at first sight. Else it is one only where a file binds
   * it to an environment, or where its own files name a backend, which no module does.
   */
  readonly certain: boolean;
}

/** Folders in which the first three layouts may lie. */
const folders = ['', 'resources/', 'terraform/', 'infra/', 'infrastructure/'];

const treesOfEnvironments: readonly Layout[] = [
  {
    path: 'layers/{layer}/environments/{environment}',
    description: 'a root module for each layer and environment',
    certain: true,
  },
  {
    path: 'layers/{layer}/{service}/environments/{environment}',
    description: 'a root module for each service of a layer and environment',
    certain: true,
  },
  {
    path: 'environments/{environment}',
    description: 'a root module for each environment, also below resources/',
    certain: true,
  },
];

export const knownLayouts: readonly Layout[] = [
  ...folders.flatMap((folder) =>
    treesOfEnvironments.map((layout) => ({ ...layout, path: folder + layout.path })),
  ),
  {
    path: 'infra/{stack}/terraform',
    description:
      'a root module for each part, with a var file or backend config for each environment ' +
      '(environments/dev.tfvars, backend/dev.hcl)',
    except: ['infra/local/terraform'],
    certain: true,
  },
  {
    path: 'infra/{stack}',
    description: 'the same without the folder terraform/, for infra/plumbing',
    except: ['infra/local', 'infra/modules'],
    certain: false,
  },
  {
    path: 'terraform',
    description:
      'one root module with a var file for each environment (environments/dev/terraform.tfvars)',
    certain: true,
  },
  {
    path: '.',
    description: 'the same where the working directory is the root module',
    certain: false,
  },
];

/** Those that say something of their own, for a message. */
export const describedLayouts: readonly Layout[] = [
  ...treesOfEnvironments,
  ...knownLayouts.slice(folders.length * treesOfEnvironments.length),
];

/** The known layouts as rules of `infra.yml` with nothing said. */
export const layoutRules: readonly StackRule[] = knownLayouts.map((layout) => ({
  path: layout.path,
  after: [],
  varFiles: [],
  backendConfigFiles: [],
  movedFrom: [],
}));

/** The known layout that a rule stands for; undefined for a rule of `infra.yml`. */
export function layoutOf(rule: StackRule): Layout | undefined {
  const index = layoutRules.indexOf(rule);
  return index < 0 ? undefined : knownLayouts[index];
}

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
