import path from 'node:path';
import { UserError } from '../../shared/errors.js';
import { writeSummary } from '../../shared/summary.js';
import { formatProblems, type Program } from '../check/format.js';
import { checkSummary } from '../check/summary.js';
import { textProblems } from '../check/text-rules.js';
import { validateModules, type RootModule } from '../check/validate.js';
import { observe, readRepository, type Ports } from '../effects.js';
import { isOfFork } from '../github/fork.js';
import type { Inputs } from '../inputs.js';
import { plannedStacks, planRun } from '../plan.js';
import { makeRunDirectory } from '../run-directory.js';
import { programEnvironment } from '../modules-access/program-environment.js';
import { diskFiles, type Files } from '../stacks/files.js';
import { checkSyntax } from '../stacks/load-workspace.js';
import { isConfigurationFile } from '../stacks/configuration-files.js';
import { ProblemList } from '../stacks/problem-list.js';
import type { Workspace } from '../stacks/workspace.js';
import { defaultParallelism } from '../terraform/collector.js';
import { earlyArguments } from '../terraform/command-arguments.js';
import { declaredOnly, declaredVariables } from '../terraform/declared-variables.js';
import { earlyProblems } from '../terraform/early-support.js';
import { terraformProgram } from '../terraform/program.js';
import { tofuFile } from '../terraform/tofu-files.js';

/**
 * Judges the code without any access: format, `infra.yml`, the graph, layout rules, secrets, and
 * `validate` of each root module that `layers` chooses. Everything is looked at before it fails.
 *
 * @throws UserError with every problem of every rule
 */
export async function checkCode(inputs: Inputs, ports: Ports): Promise<void> {
  const { root, log, secrets, env } = ports;
  const problems = new ProblemList();
  const plan = await collecting(problems, async () =>
    planRun(inputs, await observe(inputs, await readRepository(inputs, ports), ports, undefined)),
  );
  const workspace = plan?.workspace;
  const stacks = plan === undefined ? [] : plannedStacks(plan);
  const files = diskFiles(root);
  const stacksToRead = [...(workspace?.stacks ?? []), ...modulesBelow(files, inputs)];
  await collecting(problems, () => checkSyntax({ root, files, stacks: stacksToRead }));
  for (const problem of textProblems(files, inputs.workingDirectory, workspace)) {
    problems.add(problem);
  }
  const terraform = await openProgram(stacks, inputs, ports);
  for (const problem of await formatProblems(root, inputs.workingDirectory, terraform.program)) {
    problems.add(problem);
  }
  const refused = earlyProblems(stacks, terraform);
  for (const problem of refused) problems.add(problem);
  // To validate, Terraform starts the providers that the code names.
  const modules = isOfFork(ports.github)
    ? []
    : await rootModules(
        stacks.filter((stack) => earlyProblems([stack], terraform).length === 0),
        inputs,
        root,
      );
  if (isOfFork(ports.github)) log.notice('The code of a fork is not validated: that would run it.');
  log.info(`Root modules to validate: ${modules.length}, up to ${terraform.concurrency} at a time`);
  const validated = await validateModules(modules, {
    root,
    ...terraform,
    onEnd: ({ directory }, found) =>
      log.info(`${directory}: ${found.length === 0 ? 'valid' : `problems: ${found.length}`}`),
  });
  for (const problem of validated) problems.add(problem);
  const all = problems.all();
  if (env('GITHUB_STEP_SUMMARY') !== undefined) {
    const result = { stacks: workspace?.stacks.length, validated: modules.length, problems: all };
    await writeSummary(secrets.redact(checkSummary(result)));
  }
  if (ports.signal.aborted) return;
  if (all.length > 0) throw new UserError(all);
  log.info('Nothing is wrong.');
}

/** Runs one part of the check; what it finds wrong is kept, and the others go on. */
async function collecting<T>(
  problems: ProblemList,
  body: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    for (const problem of error.problems) problems.add(problem);
    return undefined;
  }
}

/** Every directory with Terraform files, whether a stack uses it or not. */
function modulesBelow(
  files: Files,
  { workingDirectory }: Inputs,
): readonly Pick<RootModule, 'directory' | 'moduleDirectories'>[] {
  const places = files.list(workingDirectory).filter(isConfigurationFile);
  const directories = new Set(places.map((file) => path.posix.dirname(file)));
  return [...directories].map((directory) => ({ directory, moduleDirectories: [] }));
}

/**
 * A directory once, however many environments share it, but where these may choose other modules.
 */
async function rootModules(
  stacks: Workspace['stacks'],
  { varFiles, variables }: Inputs,
  root: string,
): Promise<readonly RootModule[]> {
  const declared = await declaredVariables(
    root,
    // Of others no variable is asked.
    stacks.filter(({ earlyExpressions }) => earlyExpressions !== undefined),
  );
  const found = new Map<string, RootModule>();
  for (const stack of stacks) {
    const { directory, moduleDirectories } = stack;
    const variablesFor = (): Readonly<Record<string, string>> =>
      declaredOnly(variables, declared.get(stack.id));
    const early = earlyArguments(stack, { root, varFiles, variablesFor });
    found.set(JSON.stringify([directory, early]), { directory, moduleDirectories, early });
  }
  return [...found.values()];
}

async function openProgram(stacks: Workspace['stacks'], inputs: Inputs, ports: Ports) {
  const directory = await makeRunDirectory(ports);
  const concurrency = inputs.parallelism ?? defaultParallelism(ports.machine);
  const { common, environment, initEnvironment } = await programEnvironment(inputs, {
    ...ports,
    parallelism: concurrency,
    runDirectory: directory,
  });
  const found = await terraformProgram({
    ...ports,
    wanted: inputs.terraformVersion,
    releasesUrl: inputs.terraformReleasesUrl,
    hasTofuFiles: (await tofuFile(ports.root, stacks)) !== undefined,
    environment,
  });
  const program: Program = {
    path: found.path,
    name: found.name,
    environment,
    runProcess: ports.runProcess,
    signal: ports.signal,
  };
  return {
    program,
    name: found.name,
    version: found.version,
    initEnvironment,
    concurrency,
    dataDirectory: path.join(directory, 'validate'),
    pluginCacheDirectory: common.pluginCacheDirectory,
  };
}
