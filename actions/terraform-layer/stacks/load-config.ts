import path from 'node:path/posix';
import { UserError, type Problem } from '../../shared/errors.js';
import { environmentConfigs } from '../config/environments.js';
import type { InfraConfig, StackRule } from '../config/infra-config.js';
import {
  absentInfraFile,
  parseInfraFile,
  type LoadedInfraFile,
} from '../config/load-infra-file.js';
import type { Files } from './files.js';
import { ProblemList } from './problem-list.js';

/** `infra.yml`, or what stands for it. */
export interface ConfigSource {
  readonly loaded: LoadedInfraFile;
  /** Relative to the root; absent where there is none. */
  readonly file?: string;
  readonly rules: readonly StackRule[];
}

/** Reads `infra.yml`. Throws a UserError with every problem of it, or if a named file is missing. */
export function readConfig(
  files: Files,
  directory: string,
  configPath: string | undefined,
): ConfigSource {
  const candidates =
    configPath === undefined
      ? ['infra.yml', 'infra.yaml'].map((name) => path.join(directory, name))
      : [path.normalize(configPath)];
  for (const file of candidates) {
    const text = files.read(file);
    if (text === undefined) continue;
    const result = parseInfraFile(file, text);
    if (!result.ok) throw new UserError(inOrder(result.problems));
    return { loaded: result.loaded, file, rules: rulesOf(result.loaded) };
  }
  if (configPath !== undefined) {
    throw new UserError({
      code: 'config-not-found',
      message: `there is no file ${configPath}`,
      at: { file: configPath },
    });
  }
  return { loaded: absentInfraFile(), rules: [] };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const list = new ProblemList();
  for (const problem of problems) list.add(problem);
  return list.all();
}

function rulesOf({ data, at }: LoadedInfraFile): readonly StackRule[] {
  return data.stacks.map((stack, index) => ({
    path: stack.path,
    after: stack.after.map((name, position) => ({
      name,
      at: at(['stacks', index, 'after', position]),
    })),
    varFiles: stack['var-files'],
    backendConfigFiles: stack['backend-config'],
    ...(stack.workspace === undefined ? {} : { workspace: stack.workspace }),
    movedFrom: stack['moved-from'],
  }));
}

/** The configuration with every default, given the environments that were found. */
export function completeConfig(source: ConfigSource, found: Iterable<string>): InfraConfig {
  const { data } = source.loaded;
  return {
    version: data.version,
    ...(data.project === undefined ? {} : { project: data.project }),
    environments: environmentConfigs(data, found, source.loaded.at),
    stacks: source.rules,
    stateName: data['state-name'],
    externalStates: data['external-states'],
    siblingState: data['sibling-state'],
    volatile: data.volatile,
    foundation: data.foundation,
    ...(source.file === undefined ? {} : { file: source.file }),
  };
}
