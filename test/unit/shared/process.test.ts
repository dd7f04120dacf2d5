import { runProcess, type OutputStream } from '../../../actions/shared/process.js';
import { childEnvironment } from '../../../actions/shared/env.js';

const env = childEnvironment();

describe.each([
  ['a child on pipes', false],
  ['a child in a session of its own', true],
])('%s', (_name, survivesParent) => {
  it('gives its output by line while it runs, and whole at the end', async () => {
    const lines: [OutputStream, string][] = [];
    const result = await runProcess({
      command: 'sh',
      args: ['-c', 'echo one; echo é >&2; printf two; exit 3'],
      env,
      survivesParent,
      onLine: (line, stream) => lines.push([stream, line]),
    });
    expect(result).toEqual({
      exitCode: 3,
      endedBySignal: undefined,
      stdout: 'one\ntwo',
      stderr: 'é\n',
      interrupted: false,
    });
    expect(lines.sort()).toEqual([
      ['stderr', 'é'],
      ['stdout', 'one'],
      ['stdout', 'two'],
    ]);
  });

  it('is sent SIGINT once, and waited for, when the run is cancelled', async () => {
    const controller = new AbortController();
    const result = await runProcess({
      command: 'sh',
      args: [
        '-c',
        'n=0; trap "n=\\$((n+1)); done=1" INT; echo ready; while [ -z "$done" ]; do sleep 0.05; done; sleep 0.2; echo "signals: $n"; exit 7',
      ],
      env,
      survivesParent,
      signal: controller.signal,
      onLine: (line) => {
        if (line === 'ready') controller.abort();
      },
    });
    expect(result.stdout).toContain('signals: 1');
    expect(result).toMatchObject({ exitCode: 7, interrupted: true });
  });

  it('that cannot be started is an error with a code', async () => {
    await expect(
      runProcess({ command: 'no-such-program', args: [], env, survivesParent }),
    ).rejects.toMatchObject({ code: 'command-not-found' });
  });
});

it('a child sees neither the inputs of the action nor the command files of the runner', () => {
  process.env['INPUT_GITHUB-TOKEN'] = 'secret';
  process.env['GITHUB_OUTPUT'] = '/tmp/output';
  try {
    const kept = childEnvironment({ ADDED: '1', HOME: undefined });
    expect(kept).toMatchObject({ ADDED: '1' });
    expect(Object.keys(kept)).not.toEqual(
      expect.arrayContaining(['INPUT_GITHUB-TOKEN', 'GITHUB_OUTPUT', 'HOME']),
    );
    expect(kept['INPUT_GITHUB-TOKEN']).toBeUndefined();
    expect(kept['GITHUB_OUTPUT']).toBeUndefined();
    expect(kept['HOME']).toBeUndefined();
  } finally {
    delete process.env['INPUT_GITHUB-TOKEN'];
    delete process.env['GITHUB_OUTPUT'];
  }
});
