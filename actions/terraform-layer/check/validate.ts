import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import PQueue from 'p-queue';
import { z } from 'zod';
import type { Problem } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import type { ChildResult } from '../../shared/process.js';
import { fromRoot } from '../terraform/diagnostics.js';
import { PluginCache, type ProviderSources } from '../terraform/plugin-cache.js';
import type { Program } from './format.js';

/** A root module to validate, once for all of its environments. */
export interface RootModule {
  /** Relative to the root. */
  readonly directory: string;
  /** Directories of its local modules. */
  readonly moduleDirectories: readonly string[];
  /** What names the values by which it chooses its modules. */
  readonly early: readonly string[];
}

export interface ValidateOptions {
  readonly root: string;
  readonly program: Program;
  /** What `init` needs besides, to read private modules. */
  readonly initEnvironment: Readonly<Record<string, string>>;
  readonly concurrency: number;
  /** Private; `.terraform` of each module lies here, not in the repository. */
  readonly dataDirectory: string;
  readonly pluginCacheDirectory: string | undefined;
  readonly onEnd: (module: RootModule, problems: readonly Problem[]) => void;
}

/**
 * `init -backend=false` and `validate` in each module, as many at once as allowed: no state, no
 * account is touched. A lock file that init writes where there was none is taken away again.
 */
export async function validateModules(
  modules: readonly RootModule[],
  options: ValidateOptions,
): Promise<readonly Problem[]> {
  const queue = new PQueue({ concurrency: options.concurrency });
  const cache = new PluginCache();
  const problems: Problem[] = [];
  const validate = async (module: RootModule, index: number): Promise<void> => {
    if (options.program.signal.aborted) return;
    const dataDirectory = path.join(options.dataDirectory, String(index));
    const found = await validateModule(module, dataDirectory, cache, options);
    options.onEnd(module, found);
    problems.push(...found);
  };
  // One after the other where they share a directory, and with it a lock file.
  const byDirectory = new Map<string, [number, RootModule][]>();
  for (const [index, module] of modules.entries()) {
    const group = byDirectory.get(module.directory) ?? [];
    byDirectory.set(module.directory, [...group, [index, module]]);
  }
  await queue.addAll(
    [...byDirectory.values()].map((group) => async () => {
      for (const [index, module] of group) await validate(module, index);
    }),
  );
  return distinct(problems);
}

async function validateModule(
  module: RootModule,
  dataDirectory: string,
  cache: PluginCache,
  options: ValidateOptions,
): Promise<readonly Problem[]> {
  const { root, program, initEnvironment, pluginCacheDirectory } = options;
  const cwd = path.join(root, module.directory);
  const lockFile = path.join(cwd, '.terraform.lock.hcl');
  const locked = await exists(lockFile);
  const sources = await providerSources(root, module, locked ? lockFile : undefined);
  const run = (
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<ChildResult> =>
    program.runProcess({
      command: program.path,
      args,
      cwd,
      env: {
        ...program.environment,
        ...more,
        TF_DATA_DIR: dataDirectory,
        ...(pluginCacheDirectory === undefined
          ? {}
          : {
              TF_PLUGIN_CACHE_DIR: pluginCacheDirectory,
              ...(locked ? {} : { TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1' }),
            }),
      },
      signal: program.signal,
    });
  try {
    const init = await cache.init(sources, async () => {
      const value = await run(
        [
          ...['init', '-backend=false', '-input=false', '-no-color', '-json'],
          ...(locked ? ['-lockfile=readonly'] : []),
          ...module.early,
        ],
        initEnvironment,
      );
      return { ok: value.exitCode === 0, value };
    });
    if (init.interrupted) return [];
    if (init.exitCode !== 0) return initProblems(init, module);
    const validated = await run(['validate', '-json', '-no-color', ...module.early]);
    return validated.interrupted ? [] : validateProblems(validated, module);
  } finally {
    if (!locked) await rm(lockFile, { force: true });
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

/** "Format of the diagnostics" in Terraform's documentation of `validate` and of its JSON UI. */
const diagnosticSchema = z.object({
  severity: z.enum(['error', 'warning']),
  summary: z.string(),
  detail: z.string().default(''),
  range: z
    .object({
      filename: z.string(),
      start: z.object({ line: z.number(), column: z.number() }),
    })
    .optional(),
});
const validationSchema = z.object({ diagnostics: z.array(diagnosticSchema) });
const eventSchema = z.object({ diagnostic: diagnosticSchema });

function validateProblems(result: ChildResult, module: RootModule): readonly Problem[] {
  const parsed = parseJsonAs(validationSchema, result.stdout);
  if (parsed === undefined) return [failed('validate', result, module)];
  return parsed.diagnostics
    .filter(({ severity }) => severity === 'error')
    .map((diagnostic) => problemOf('validate', diagnostic, module));
}

function initProblems(result: ChildResult, module: RootModule): readonly Problem[] {
  const problems = result.stdout.split('\n').flatMap((line) => {
    const diagnostic = parseJsonAs(eventSchema, line)?.diagnostic;
    return diagnostic?.severity === 'error' ? [problemOf('init', diagnostic, module)] : [];
  });
  return problems.length > 0 ? problems : [failed('init', result, module)];
}

function problemOf(
  step: 'init' | 'validate',
  { summary, detail, range }: z.infer<typeof diagnosticSchema>,
  { directory }: RootModule,
): Problem {
  const words = detail === '' ? summary : `${summary}: ${detail.replaceAll(/\s+/g, ' ')}`;
  return {
    code: step,
    message: words,
    at:
      range === undefined
        ? { file: directory }
        : { file: fromRoot(directory, range.filename), ...range.start },
  };
}

function failed(
  step: 'init' | 'validate',
  result: ChildResult,
  { directory }: RootModule,
): Problem {
  const words = `${result.stderr}\n${result.stdout}`.trim().split('\n')[0] ?? '';
  return {
    code: step,
    message: `${step} failed without a diagnostic${words === '' ? '' : `: ${words}`}`,
    at: { file: directory },
  };
}

/** A shared module's mistake is found in every root that calls it. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.code, problem.message, problem.at]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

async function providerSources(
  root: string,
  { directory, moduleDirectories }: RootModule,
  lockFile: string | undefined,
): Promise<ProviderSources> {
  if (lockFile !== undefined) {
    return { lockFile: await readFile(lockFile, 'utf8'), configuration: [] };
  }
  const texts = await Promise.all(
    [directory, ...moduleDirectories].map(async (place) => {
      const names = await readdir(path.join(root, place)).catch(() => []);
      const wanted = names.filter((name) => /\.(?:tf|tofu)(?:\.json)?$/.test(name)).sort();
      return Promise.all(wanted.map((name) => readFile(path.join(root, place, name), 'utf8')));
    }),
  );
  return { lockFile: undefined, configuration: texts.flat() };
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
