import { createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { access, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

const run = promisify(execFile);

const OLDEST_PYTHON = [3, 11] as const;
const LOCK_POLL_MS = 200;
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/** Where Python environments are made and from what. */
export interface PythonEnvironmentOptions {
  /** File of exact versions, one a line, as pip reads it. */
  readonly requirementsFile: string;
  /** Folder that holds the environments, one per content of the requirements file. */
  readonly cacheDirectory: string;
  readonly log: (line: string) => void;
  /** The Python to build from; `python3` on the PATH when absent. */
  readonly python?: string;
}

/**
 * Gives the path of a Python interpreter that has the required packages, installing them when
 * they are not there yet.
 *
 * Safe to call from several processes at once: one installs, the others wait. An environment
 * appears under its name only when it is complete, so an interrupted install is simply repeated.
 * Throws an Error that says what to install when Python or its venv module is missing.
 */
export async function pythonEnvironment(options: PythonEnvironmentOptions): Promise<string> {
  const requirements = await readFile(options.requirementsFile, 'utf8');
  const hash = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const directory = path.join(options.cacheDirectory, `emulator-venv-${hash}`);
  const interpreter = path.join(directory, 'bin', 'python');
  if (await exists(interpreter)) return interpreter;

  await mkdir(options.cacheDirectory, { recursive: true });
  const release = await acquireLock(`${directory}.lock`, () => exists(interpreter));
  try {
    if (await exists(interpreter)) return interpreter;
    await removeLeftovers(options.cacheDirectory, path.basename(directory));
    await install(options, directory);
    return interpreter;
  } finally {
    await release();
  }
}

async function install(options: PythonEnvironmentOptions, directory: string): Promise<void> {
  const python = options.python ?? 'python3';
  await checkPython(python);
  const building = `${directory}.building-${process.pid}`;
  options.log(`installing the emulator's backends into ${directory} (once, about half a minute)`);
  try {
    await runPython(python, ['-m', 'venv', building], 'creating a virtual environment failed');
    await runPython(
      path.join(building, 'bin', 'python'),
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
        ...['--requirement', options.requirementsFile],
      ],
      'installing the backends with pip failed',
    );
    await rm(directory, { recursive: true, force: true });
    await rename(building, directory);
    options.log('the backends are installed');
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function checkPython(python: string): Promise<void> {
  const needed = OLDEST_PYTHON.join('.');
  let version: string;
  try {
    const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';
    version = (await run(python, ['-c', script])).stdout.trim();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      missing
        ? `The emulator needs Python ${needed} or newer, and ${python} is not on the PATH.`
        : `The emulator needs Python's venv and ensurepip modules, which ${python} lacks ` +
            '(Debian and Ubuntu: install the package python3-venv).',
      { cause: error },
    );
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1])) {
    throw new Error(
      `The emulator needs Python ${needed} or newer; ${python} is Python ${version}.`,
    );
  }
}

async function runPython(command: string, args: string[], problem: string): Promise<void> {
  try {
    await run(command, args, { maxBuffer: OUTPUT_LIMIT_BYTES });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const tail = `${stdout}${stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new Error(`${problem}:\n${tail}`, { cause: error });
  }
}

/** Waits for the lock and returns its release; ends the wait early when `done` says so. */
async function acquireLock(
  lock: string,
  done: () => Promise<boolean>,
): Promise<() => Promise<void>> {
  const owner = path.join(lock, 'owner');
  const token = `${process.pid} ${randomBytes(6).toString('hex')}`;
  for (;;) {
    try {
      await mkdir(lock);
      await writeFile(owner, token);
      return async () => {
        const held = await readFile(owner, 'utf8').catch(() => '');
        if (held === token) await rm(lock, { recursive: true, force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await done()) return () => Promise.resolve();
    if (await isAbandoned(lock, owner)) {
      // Renaming is atomic: of several that find it abandoned, one takes it away.
      const grave = `${lock}.abandoned-${randomBytes(6).toString('hex')}`;
      await rename(lock, grave).then(
        () => rm(grave, { recursive: true, force: true }),
        () => undefined,
      );
      continue;
    }
    await sleep(LOCK_POLL_MS);
  }
}

async function isAbandoned(lock: string, owner: string): Promise<boolean> {
  const text = await readFile(owner, 'utf8').catch(() => undefined);
  const pid = Number.parseInt(text ?? '', 10);
  if (Number.isInteger(pid)) return !isAlive(pid);
  // The owner died between making the folder and writing its name, or is about to write it.
  const age = await stat(lock).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  );
  return age > 5000;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function removeLeftovers(cacheDirectory: string, name: string): Promise<void> {
  for (const entry of await readdir(cacheDirectory)) {
    if (!entry.startsWith(`${name}.building-`)) continue;
    await rm(path.join(cacheDirectory, entry), { recursive: true, force: true });
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
