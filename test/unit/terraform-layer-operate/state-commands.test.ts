import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperationError } from '../../../actions/shared/errors.js';
import type { ChildRequest, ChildResult } from '../../../actions/shared/process.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import type {
  Aftermath,
  EndedChild,
} from '../../../actions/terraform-layer/terraform/aftermath.js';
import { restInstructions } from '../../../actions/terraform-layer/terraform/rest-instructions.js';
import {
  stateCommands,
  type StateCommandOptions,
  type StateCommands,
} from '../../../actions/terraform-layer/terraform/state-commands.js';
import { layeredTree, load } from '../../support/stacks.js';

let stack: Stack;
let directory: string;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = { ...first, varFiles: ['dev.tfvars'] };
  directory = await mkdtemp(path.join(tmpdir(), 'state-commands-'));
});
afterAll(() => rm(directory, { recursive: true }));

const ended: ChildResult = {
  exitCode: 0,
  endedBySignal: undefined,
  stdout: '',
  stderr: '',
  interrupted: false,
};

const nothingLeft: Aftermath = { diagnostics: [], unfinished: false };

function commandsThat(
  answer: Partial<ChildResult>,
  asked: ChildRequest[] = [],
  rest: Partial<StateCommandOptions> = {},
  of: Stack = stack,
): { readonly commands: StateCommands; readonly asked: readonly ChildRequest[] } {
  const commands = stateCommands(of, {
    program: '/bin/terraform',
    root: '/repository',
    environment: { A: 'b' },
    variables: { size: '1' },
    varFiles: ['more.tfvars'],
    lockTimeoutSeconds: 60,
    childrenDirectory: path.join(directory, 'children'),
    logDirectory: directory,
    runProcess: (request) => {
      asked.push(request);
      request.onStart?.(4711, directory);
      return Promise.resolve({ ...ended, ...answer });
    },
    restOf: (child) =>
      restInstructions({
        ...{ ...child, root: '/repository', program: '/bin/terraform', ambient: {} },
        varFiles: [],
      }),
    watchLock: () => ({ close: () => Promise.resolve() }),
    afterChild: () => Promise.resolve(nothingLeft),
    signal: new AbortController().signal,
    now: () => 1000,
    ...rest,
  });
  return { commands, asked };
}

describe('commands on a state', () => {
  it.each<[string, (commands: StateCommands) => Promise<unknown>, readonly string[]]>([
    ['mv', (c) => c.move('a.b["c d"]', 'a.e'), ['state', 'mv', 'a.b["c d"]', 'a.e']],
    ['rm', (c) => c.remove('a.b'), ['state', 'rm', 'a.b']],
    ['untaint', (c) => c.untaint('a.b'), ['untaint', 'a.b']],
    ['push', (c) => c.push('/x'), ['state', 'push', '/x']],
    ['import', (c) => c.import('a.b', '-id; rm'), ['import', 'a.b', '-id; rm']],
  ])('%s waits for the lock, and gets its arguments as they are', async (_, call, words) => {
    const { commands, asked } = commandsThat({});
    await call(commands);
    const [request] = asked;
    const plain = request?.args.filter((argument) => !/^-(?!id)/.test(argument));
    expect(plain).toEqual(words);
    expect(request?.args).toContain('-lock-timeout=60s');
    expect(request?.cwd).toBe(path.join('/repository', stack.directory));
    expect(request?.env).toMatchObject({ A: 'b' });
  });

  it('import gets the variables that the configuration needs', async () => {
    const { commands, asked } = commandsThat({});
    await commands.import('a.b', 'id');
    expect(asked[0]?.args).toEqual(
      expect.arrayContaining([
        '-var-file=/repository/dev.tfvars',
        '-var-file=/repository/more.tfvars',
        '-var=size=1',
      ]),
    );
  });

  it('get the values too where these say where the state is', async () => {
    const early = { of: 'backend' as const, at: { file: 'main.tofu' } };
    const { commands, asked } = commandsThat({}, [], {}, { ...stack, earlyExpressions: [early] });
    await commands.pull();
    await commands.push('/x');
    const values = [
      '-var-file=/repository/dev.tfvars',
      '-var-file=/repository/more.tfvars',
      '-var=size=1',
    ];
    expect(asked.map(({ args }) => args)).toEqual([
      ['state', 'pull', ...values],
      ['state', 'push', '-no-color', '-lock-timeout=60s', ...values, '/x'],
    ]);
  });

  it('are noted for the post step while they run, and no longer', async () => {
    const { commands } = commandsThat({});
    await commands.remove('a.b');
    expect(await readdir(path.join(directory, 'children'))).toEqual([]);
  });

  it('tell the post step how to bring them to rest, should this process be killed', async () => {
    let noted = '';
    const { commands } = commandsThat({}, [], {
      runProcess: async (request) => {
        request.onStart?.(4711, directory);
        const file = path.join(directory, 'children', '4711.json');
        while (noted === '') noted = await readFile(file, 'utf8').catch(() => '');
        return ended;
      },
    });
    await commands.move('a.b', 'a.c');
    expect(JSON.parse(noted)).toMatchObject({
      command: 'state mv',
      rest: { program: '/bin/terraform', startedAt: 1000, state: { kind: 's3' } },
    });
  });

  it('are put in order after their end, and stay noted while a lock stands', async () => {
    const asked: EndedChild[] = [];
    const closed: (string | undefined)[] = [];
    const { commands } = commandsThat({ exitCode: 1, stderr: 'Error: no' }, [], {
      watchLock: ({ command }) => ({
        close: (held) => {
          closed.push(`${command} ${held ?? ''}`);
          return Promise.resolve();
        },
      }),
      afterChild: (child) => {
        asked.push(child);
        const told = { severity: 'warning' as const, summary: 'it stands', detail: '' };
        return Promise.resolve({ diagnostics: [told], heldLockId: 'a-b', unfinished: true });
      },
    });
    expect(await commands.remove('a.b')).toEqual({
      ...{ end: 'failed', lines: ['Error: no', 'it stands'], heldLockId: 'a-b' },
    });
    expect(asked).toMatchObject([{ command: 'state rm', end: 'failed', startedAt: 1000 }]);
    expect(closed).toEqual(['state rm a-b']);
    expect(await readdir(path.join(directory, 'children'))).toEqual(['4711.json']);
    await rm(path.join(directory, 'children'), { recursive: true });
  });

  it('that only read watch no lock', async () => {
    const watched: string[] = [];
    const { commands } = commandsThat({ stdout: '{}' }, [], {
      watchLock: ({ command }) => {
        watched.push(command);
        return { close: () => Promise.resolve() };
      },
    });
    await commands.pull();
    expect(watched).toEqual([]);
  });

  it.each([
    ['failed', { exitCode: 1 }],
    ['interrupted', { exitCode: 1, interrupted: true }],
    ['killed', { exitCode: undefined, endedBySignal: 'SIGKILL' }],
  ])('end %s, with what they said', async (end, answer) => {
    const stderr = '\u001B[31m╷\u001B[0m\n│ Error: no\n│ \n╵\n';
    const { commands } = commandsThat({ ...answer, stderr });
    expect(await commands.remove('a.b')).toEqual({ end, lines: ['Error: no'] });
  });

  it('read the state whole, and say nothing of it', async () => {
    expect(await commandsThat({ stdout: '{"serial": 1}\n' }).commands.pull()).toBe(
      '{"serial": 1}\n',
    );
    expect(await commandsThat({ stdout: '\n' }).commands.pull()).toBeUndefined();
    const failing = commandsThat({ exitCode: 1, stdout: '{"secret": 1}', stderr: 'Error: no' });
    const error: unknown = await failing.commands.pull().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationError);
    expect(error).toMatchObject({ code: 'state-unreadable' });
    expect(String(error)).not.toContain('secret');
  });
});
