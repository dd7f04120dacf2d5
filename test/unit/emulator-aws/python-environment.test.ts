import { execFileSync } from 'node:child_process';
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonEnvironment } from '../../../emulator/aws/backends/python-environment.js';

let directory: string;
let requirementsFile: string;
let python: string;

/** Stands in for Python: makes an environment out of itself, and notes each call of pip. */
const FAKE_PYTHON = `#!/bin/sh
here="$(dirname "$0")"
case "$1 $2" in
  "-c "*) echo "\${FAKE_VERSION:-3.12}" ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip")
    sleep 0.2
    if [ -f '@DIR@/fail' ]; then rm '@DIR@/fail'; echo 'no such package' >&2; exit 1; fi
    echo pip >> '@DIR@/pip.log' ;;
esac
`;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'python-environment-'));
  requirementsFile = path.join(directory, 'requirements.txt');
  python = path.join(directory, 'python3');
  await writeFile(requirementsFile, 'moto==5.2.5\n');
  await writeFile(python, FAKE_PYTHON.replaceAll('@DIR@', directory));
  await chmod(python, 0o755);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const cache = (): string => path.join(directory, 'cache');
const make = (): Promise<string> =>
  pythonEnvironment({ requirementsFile, cacheDirectory: cache(), python, log: () => undefined });

async function installs(): Promise<number> {
  const log = await readFile(path.join(directory, 'pip.log'), 'utf8').catch(() => '');
  return log.split('\n').filter(Boolean).length;
}

describe('the environment of the backends', () => {
  it('is installed once, and found again', async () => {
    const interpreter = await make();
    await access(interpreter);
    expect(await make()).toBe(interpreter);
    expect(await installs()).toBe(1);
  });

  it('is installed once by several that start together', async () => {
    const found = await Promise.all([make(), make(), make()]);
    expect(new Set(found).size).toBe(1);
    expect(await installs()).toBe(1);
    expect(await readdir(cache())).toEqual([path.basename(path.dirname(path.dirname(found[0])))]);
  });

  it('is another one when the requirements change', async () => {
    const first = await make();
    await writeFile(requirementsFile, 'moto==5.2.6\n');
    expect(await make()).not.toBe(first);
    expect(await installs()).toBe(2);
  });

  it('is installed anew after an install that failed, whose output is in the error', async () => {
    await writeFile(path.join(directory, 'fail'), '');
    await expect(make()).rejects.toThrow('no such package');
    await access(await make());
  });

  it('is installed anew after an installer that was killed, which left its lock and its half', async () => {
    const interpreter = await make();
    const environment = path.dirname(path.dirname(interpreter));
    await rm(environment, { recursive: true });
    const gone = Number(execFileSync('sh', ['-c', 'echo $$']).toString());
    await mkdir(`${environment}.lock`);
    await writeFile(path.join(`${environment}.lock`, 'owner'), `${gone} x`);
    await mkdir(`${environment}.building-${gone}`);
    await access(await make());
    expect(await readdir(cache())).toEqual([path.basename(environment)]);
  });

  it('takes over an old lock without an owner', async () => {
    const environment = path.dirname(path.dirname(await make()));
    await rm(environment, { recursive: true });
    await mkdir(`${environment}.lock`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${environment}.lock`, longAgo, longAgo);
    await access(await make());
  });

  it('says so when Python is missing or too old', async () => {
    python = path.join(directory, 'nothing');
    await expect(make()).rejects.toThrow(/needs Python 3\.11 .*not on the PATH/);
    python = path.join(directory, 'old');
    await writeFile(python, FAKE_PYTHON.replace('3.12', '3.9'));
    await chmod(python, 0o755);
    await expect(make()).rejects.toThrow(/is Python 3\.9/);
  });
});
