import { envFrom } from '../../../actions/shared/env.js';
import { OperationError } from '../../../actions/shared/errors.js';
import type { RunProcess } from '../../../actions/shared/process.js';
import { findRepository, findToken } from '../../../cli/github-access.js';

const failing: RunProcess = ({ command }) => {
  throw new OperationError('command-not-found', command);
};
const printing =
  (stdout: string, exitCode = 0): RunProcess =>
  () =>
    Promise.resolve({ exitCode, stdout, stderr: '', endedBySignal: undefined, interrupted: false });

describe('the repository', () => {
  it.each([
    ['https://github.com/acme/infra.git', 'https://api.github.com'],
    ['https://x-token@github.com/acme/infra', 'https://api.github.com'],
    ['git@github.com:acme/infra.git', 'https://api.github.com'],
    ['ssh://git@github.example.com:22/acme/infra.git', 'https://github.example.com/api/v3'],
  ])('is where origin leads: %s', async (remote, apiUrl) => {
    const ports = { env: envFrom({}), runProcess: printing(`${remote}\n`) };
    expect(await findRepository(undefined, '/r', ports)).toEqual({
      ...{ owner: 'acme', name: 'infra', apiUrl },
    });
  });

  it('is the one that is named, and then the one of the job', async () => {
    const env = envFrom({ GITHUB_REPOSITORY: 'job/repository', GITHUB_API_URL: 'http://api' });
    const runProcess = printing('/srv/git/infra.git\n');
    expect(await findRepository('a/b', '/r', { env, runProcess })).toEqual({
      ...{ owner: 'a', name: 'b', apiUrl: 'http://api' },
    });
    expect(await findRepository(undefined, '/r', { env, runProcess })).toMatchObject({
      ...{ owner: 'job', name: 'repository' },
    });
    const nowhere = { env: envFrom({}), runProcess: failing };
    expect(await findRepository(undefined, '/r', nowhere)).toBeUndefined();
  });
});

describe('the token', () => {
  it('is that of the environment, and else that of gh', async () => {
    const runProcess = printing('gho_1\n');
    const env = envFrom({ GITHUB_TOKEN: 'b', GH_TOKEN: 'a' });
    expect(await findToken({ env, runProcess }, false)).toBe('a');
    expect(await findToken({ env: envFrom({ GITHUB_TOKEN: 'b' }), runProcess }, false)).toBe('b');
    expect(await findToken({ env: envFrom({}), runProcess }, false)).toBe('gho_1');
    expect(await findToken({ env: envFrom({}), runProcess }, true)).toBeUndefined();
  });

  it('is none where nobody is logged in', async () => {
    const env = envFrom({});
    expect(await findToken({ env, runProcess: printing('', 1) }, false)).toBeUndefined();
    expect(await findToken({ env, runProcess: failing }, false)).toBeUndefined();
  });
});
