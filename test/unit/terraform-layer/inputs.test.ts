import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { envFrom } from '../../../actions/shared/env.js';
import { UserError } from '../../../actions/shared/errors.js';
import { readInputs, type Inputs } from '../../../actions/terraform-layer/inputs.js';

function read(values: Readonly<Record<string, string>>, event = 'push'): Inputs {
  return readInputs((name) => values[name] ?? '', envFrom({ GITHUB_EVENT_NAME: event }));
}

function problems(values: Readonly<Record<string, string>>): readonly unknown[] {
  try {
    read(values);
  } catch (error) {
    if (error instanceof UserError) return error.problems.map(({ at }) => at);
    throw error;
  }
  return [];
}

describe('inputs', () => {
  it('take what the changed files touch for a plan of a pull request, else everything', () => {
    expect(read({ command: 'plan' }, 'pull_request').layers).toEqual({ kind: 'changed' });
    expect(read({ command: 'plan' }, 'push').layers).toEqual({ kind: 'all' });
    expect(read({ command: 'apply' }, 'pull_request').layers).toEqual({ kind: 'all' });
    expect(read({ command: 'drift', layers: '01-*\nservice-a' }).layers).toEqual({
      kind: 'globs',
      globs: ['01-*', 'service-a'],
    });
  });

  it('take up a pull request or a commit again, for plans and applies only', () => {
    const again = (value: string): unknown =>
      read({ command: 'apply', 'apply-again': value }).applyAgain;
    expect(again('#12')).toEqual({ kind: 'pull-request', number: 12 });
    expect(again('a'.repeat(40))).toEqual({ kind: 'commit', sha: 'a'.repeat(40) });
    expect(problems({ command: 'drift', 'apply-again': '12' })).toEqual([{ input: 'apply-again' }]);
    expect(problems({ command: 'apply', 'apply-again': 'main' })).toEqual([
      { input: 'apply-again' },
    ]);
  });

  it('tell every problem at once', () => {
    expect(
      problems({
        command: 'explode',
        parallelism: '0',
        'lock-timeout': 'long',
        'terraform-version': 'latest',
        'terraform-releases-url': 'releases',
        vars: '1x=2',
        'role-to-assume': 'admin',
        'aws-region': 'Ireland',
        'allowed-account-ids': '12',
        comment: 'maybe',
        'working-directory': '../other',
        config: '/etc/passwd',
      }),
    ).toEqual(
      [
        'command',
        'working-directory',
        'config',
        'parallelism',
        'lock-timeout',
        'terraform-version',
        'terraform-releases-url',
        'vars',
        'role-to-assume',
        'aws-region',
        'allowed-account-ids',
        'comment',
      ].map((input) => ({ input })),
    );
  });

  it('read durations with and without a unit', () => {
    const seconds = (text: string): number =>
      read({ command: 'plan', 'lock-timeout': text }).lockTimeoutSeconds;
    expect([seconds('90'), seconds('90s'), seconds('5m'), seconds('1h'), seconds('')]).toEqual([
      90, 90, 300, 3600, 300,
    ]);
  });

  it('take paths with dots and slashes around them', () => {
    expect(read({ command: 'plan', 'working-directory': './infra/' }).workingDirectory).toBe(
      'infra',
    );
    expect(read({ command: 'plan', 'working-directory': './' }).workingDirectory).toBe('.');
  });

  it('are exactly those that action.yml declares', () => {
    const asked = new Set<string>();
    readInputs((name) => {
      asked.add(name);
      return name === 'command' ? 'plan' : '';
    }, envFrom({}));
    const file = path.join(import.meta.dirname, '../../../actions/terraform-layer/action.yml');
    const action = parse(readFileSync(file, 'utf8')) as { inputs: Record<string, unknown> };
    expect([...asked].sort()).toEqual(Object.keys(action.inputs).sort());
  });
});
