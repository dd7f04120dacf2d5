import path from 'node:path';
import { localStateFile, s3PlaceOf } from '../sidecar/backend-place.js';
import type { Stack } from '../stacks/workspace.js';
import type { RestInstructions } from './children.js';
import { earlyArguments } from './command-arguments.js';

/** Names of files, profiles and modes; a token or key is in none of them. */
const kept = [
  'AWS_CONFIG_FILE',
  'AWS_PROFILE',
  'AWS_SDK_LOAD_CONFIG',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'CHECKPOINT_DISABLE',
  'TF_CLI_CONFIG_FILE',
  'TF_DATA_DIR',
  'TF_IN_AUTOMATION',
  'TF_INPUT',
  'TF_WORKSPACE',
];

/**
 * What the post step is told of a child of `stack`. `environment` is the child's, `ambient` the
 * job's: the post step has the latter too, so that only the difference is written down.
 */
export function restInstructions(options: {
  readonly stack: Stack;
  /** Absolute path of the repository's root. */
  readonly root: string;
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ambient: Readonly<Record<string, string>>;
  /** Var files of the run, relative to the root. */
  readonly varFiles: readonly string[];
  readonly outputDirectory: string | undefined;
  readonly startedAt: number;
}): RestInstructions {
  const { stack, root, environment, ambient, outputDirectory } = options;
  const configFile = environment['AWS_CONFIG_FILE'];
  const ownProfile = configFile !== undefined && configFile !== ambient['AWS_CONFIG_FILE'];
  return {
    program: options.program,
    directory: path.join(root, stack.directory),
    // Values that were given to the run may be secret, and this is written down.
    early: [
      ...earlyArguments(stack, { root, varFiles: options.varFiles, variablesFor: () => ({}) }),
    ],
    environment: Object.fromEntries(
      kept.flatMap((name) => {
        const value = environment[name];
        return value === undefined || value === ambient[name] ? [] : [[name, value]];
      }),
    ),
    withoutEnvironment: Object.keys(ambient).filter(
      (name) => /^(?:AWS_|TF_)/.test(name) && !Object.hasOwn(environment, name),
    ),
    ...(outputDirectory === undefined ? {} : { outputDirectory }),
    startedAt: options.startedAt,
    ...(stack.binding === 'directory' ? {} : { sharedBy: stack.environment }),
    ...stateOf(stack, root, environment, ownProfile ? configFile : undefined),
  };
}

function stateOf(
  stack: Stack,
  root: string,
  environment: Readonly<Record<string, string>>,
  configFile: string | undefined,
): Pick<RestInstructions, 'state'> {
  const file = localStateFile(stack, root);
  if (file !== undefined) return { state: { kind: 'local', file } };
  const found = s3PlaceOf(stack);
  if (found === undefined || Object.keys(found.secrets).length > 0) return {};
  return {
    state: {
      kind: 's3',
      place: found.place,
      region: environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1',
      ...(configFile === undefined
        ? {}
        : { sessionRequest: path.join(path.dirname(configFile), 'request.json') }),
    },
  };
}
