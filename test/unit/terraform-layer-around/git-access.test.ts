import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../../actions/shared/errors.js';
import { InputReader } from '../../../actions/shared/inputs.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import {
  moduleAccess,
  readModuleCredentials,
  type ModuleCredentials,
} from '../../../actions/terraform-layer/modules-access/git-access.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "modules' "));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const token = 'ghs_0123456789abcdef';
const key = '-----BEGIN OPENSSH PRIVATE KEY-----\r\nc2VjcmV0\r\n-----END OPENSSH PRIVATE KEY-----';

async function access(
  credentials: Partial<ModuleCredentials>,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly environment: Readonly<Record<string, string>>; readonly masked: string[] }> {
  const masked: string[] = [];
  return {
    environment: await moduleAccess(
      { modulesToken: undefined, modulesSshKey: undefined, ...credentials },
      {
        directory,
        serverUrl: 'https://github.example.com',
        environment,
        secrets: createSecrets((value) => masked.push(value)),
      },
    ),
    masked,
  };
}

/** What git itself makes of the environment. */
function git(environment: Readonly<Record<string, string>>, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: directory,
    env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: directory, ...environment },
    encoding: 'utf8',
  });
}

describe('access to module repositories', () => {
  it('asks nobody anything, and changes nothing else, without credentials', async () => {
    expect((await access({})).environment).toEqual({ GIT_TERMINAL_PROMPT: '0' });
  });

  it('gives git the header for this GitHub alone, and hides both forms of the token', async () => {
    const { environment, masked } = await access({ modulesToken: token });
    const encoded = Buffer.from(`x-access-token:${token}`).toString('base64');
    const header = (url: string): string =>
      git(environment, 'config', '--get-urlmatch', 'http.extraheader', url).trim();
    expect(header('https://github.example.com/org/modules.git')).toBe(
      `AUTHORIZATION: basic ${encoded}`,
    );
    expect(() => header('https://github.example.com.evil.org/org/modules.git')).toThrow();
    expect(() => header('https://github.com/org/modules.git')).toThrow();
    expect(masked).toEqual([token, encoded]);
  });

  it('lets the token serve sources over SSH where there is no key', async () => {
    const { environment } = await access({ modulesToken: token });
    const fetched = (url: string): string => {
      try {
        return git({ ...environment, GIT_TRACE: '0' }, 'ls-remote', '--get-url', url).trim();
      } catch {
        return '';
      }
    };
    expect(fetched('git@github.example.com:org/modules.git')).toBe(
      'https://github.example.com/org/modules.git',
    );
    expect(fetched('ssh://git@github.example.com/org/modules.git')).toBe(
      'https://github.example.com/org/modules.git',
    );
    const both = await access({ modulesToken: token, modulesSshKey: key });
    expect(Object.values(both.environment).join(' ')).not.toContain('insteadOf');
  });

  it('comes after settings that the job has', async () => {
    const own = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.https://github.example.com/.extraheader',
      GIT_CONFIG_VALUE_0: 'AUTHORIZATION: basic of-the-job',
    };
    const { environment } = await access({ modulesToken: token }, own);
    expect(environment).not.toHaveProperty('GIT_CONFIG_KEY_0');
    const headers = git(
      { ...own, ...environment },
      'config',
      '--get-all',
      'http.https://github.example.com/.extraheader',
    );
    // The empty one takes the job's away: GitHub refuses a request with two.
    expect(headers.split('\n').slice(0, 3)).toEqual([
      'AUTHORIZATION: basic of-the-job',
      '',
      expect.stringMatching(/^AUTHORIZATION: basic eC1/),
    ]);
  });

  it('keeps an SSH key for this user alone, with the line break that OpenSSH wants', async () => {
    const { environment, masked } = await access({ modulesSshKey: key });
    const file = path.join(directory, 'key');
    expect(await readFile(file, 'utf8')).toBe(
      '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n',
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(path.join(directory, 'known_hosts'), 'utf8')).toMatch(
      /^github\.com ssh-ed25519 /,
    );
    expect(masked).toContain('c2VjcmV0');
    expect(Object.values(environment).join(' ')).not.toContain('c2VjcmV0');
  });

  it('tells ssh the key, and that it may not ask', async () => {
    const { environment } = await access({ modulesSshKey: key });
    const command = environment['GIT_SSH_COMMAND'] ?? '';
    // As git does it: by a shell. `-G` prints what ssh would do.
    const said = execFileSync('sh', ['-c', `${command} -G git@github.com`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(said).toContain(`identityfile ${directory}/key`);
    expect(said).toContain('identitiesonly yes');
    expect(said).toContain('batchmode yes');
    expect(said).toContain('stricthostkeychecking accept-new');
    expect(said).toMatch(
      new RegExp(`userknownhostsfile "?${directory}/known_hosts"? .*/.ssh/known_hosts`),
    );
  });

  it('refuses what is no token or key, without quoting it', () => {
    const values: Readonly<Record<string, string>> = {
      'modules-token': 'two words',
      'modules-ssh-key': 'c2VjcmV0',
    };
    const reader = new InputReader((name) => values[name] ?? '');
    const credentials = readModuleCredentials(reader);
    const problems: string[] = [];
    try {
      reader.finish(credentials);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems.map(({ code }) => code));
      expect(error.message).not.toMatch(/two words|c2VjcmV0/);
    }
    expect(problems).toEqual(['input-malformed', 'input-malformed']);
  });
});
