import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../actions/shared/clock.js';
import { runProcess } from '../../../actions/shared/process.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import { hookCommands } from '../../../actions/terraform-layer/policy/hook-commands.js';
import { hookPorts } from '../../../actions/terraform-layer/policy/hook-ports.js';
import { runHooks, type HookPorts } from '../../../actions/terraform-layer/policy/run-hooks.js';
import type { HookVerdict } from '../../../actions/terraform-layer/schedule/outcome.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { layeredTree, load } from '../../support/stacks.js';

let root: string;
let stack: Stack;
beforeAll(async () => {
  const found = (await load(layeredTree(['dev']))).stacks[0];
  if (found === undefined) throw new Error('there is no stack');
  stack = found;
});
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'hooks-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const plan = {
  resource_changes: [
    {
      address: 'aws_db_instance.main',
      change: {
        before: { password: 'hunter2hunter2' },
        before_sensitive: { password: true },
        after: { password: 'correct horse', name: 'main' },
        after_sensitive: { password: true },
      },
    },
  ],
};

async function script(name: string, ...lines: readonly string[]): Promise<void> {
  await writeFile(path.join(root, name), ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path.join(root, name), 0o755);
}

async function run(
  commands: { readonly policy?: string; readonly cost?: string },
  rest: Partial<HookPorts> = {},
  alsoSensitive: readonly unknown[] = [],
): Promise<readonly HookVerdict[]> {
  const ports: HookPorts = {
    commands: hookCommands({ policyCommand: commands.policy, costCommand: commands.cost }),
    directory: path.join(root, 'private'),
    root,
    environment: { PATH: process.env['PATH'] ?? '' },
    runProcess,
    killGroup: (processId) => process.kill(-processId, 'SIGKILL'),
    clock: systemClock,
    timeoutSeconds: 60,
    signal: new AbortController().signal,
    secrets: createSecrets(() => undefined),
    ...rest,
  };
  return runHooks({ json: plan, stack, alsoSensitive }, ports);
}

describe('a policy command', () => {
  it('passes with exit code 0, and fails with any other', async () => {
    await script('good', 'echo fine');
    await script('bad', 'echo "no encryption"; echo "see policies/s3.rego" >&2; exit 3');
    expect(await run({ policy: './good' })).toEqual([
      { hook: 'policy', passed: true, text: 'fine' },
    ]);
    expect(await run({ policy: './bad' })).toEqual([
      { hook: 'policy', passed: false, text: 'no encryption\n\nsee policies/s3.rego' },
    ]);
  });

  it('shows nothing of what other stacks call sensitive', async () => {
    await script('tells', 'echo "token is from-upstream"');
    const [verdict] = await run({ policy: './tells' }, {}, ['from-upstream']);
    expect(verdict?.text).toBe('token is (sensitive)');
  });

  it('reads the plan as JSON in a file that nobody else can read, and that is gone after', async () => {
    await script('look', 'stat -c %a "$2"; cat "$2"; echo; ls "$(dirname "$2")" | wc -l');
    const [verdict] = await run({ policy: './look first' });
    expect(verdict?.text).toMatch(/^600\n.*"address":"aws_db_instance.main".*\n1$/);
    expect(await readdir(path.join(root, 'private'))).toEqual([]);
  });

  it('knows which stack it judges, and runs at the root', async () => {
    await script('who', 'echo "$INFRA_STACK $INFRA_ENVIRONMENT $INFRA_DIRECTORY"; pwd');
    const [verdict] = await run({ policy: './who' });
    expect(verdict?.text).toBe(
      `01-foundation/dev dev layers/01-foundation/environments/dev\n${root}`,
    );
  });

  it('cannot show what the plan hides, nor a secret of the run', async () => {
    await script('leak', 'cat "$1"; echo token-of-the-run');
    const secrets = createSecrets(() => undefined);
    secrets.add('token-of-the-run');
    const [verdict] = await run({ policy: './leak' }, { secrets });
    expect(verdict?.text).toContain('"name":"main"');
    expect(verdict?.text).not.toMatch(/hunter2|correct horse|token-of-the-run/);
  });

  it('cannot disguise or flood what is shown', async () => {
    await script(
      'noisy',
      String.raw`printf '\033[31mred\033[0m\007 \342\200\256evil\n'; seq 1 20000; echo total 42`,
    );
    const [verdict] = await run({ policy: './noisy' });
    expect(verdict?.text).toMatch(/^red evil\n1\n2\n/);
    expect(verdict?.text).toMatch(/characters left out …[\s\S]*total 42$/);
    expect(verdict?.text.length).toBeLessThan(4100);
  });

  it('that is not there has not passed', async () => {
    const verdicts = await run({ policy: 'no-such-program-here' });
    expect(verdicts).toMatchObject([{ hook: 'policy', passed: false }]);
    expect(verdicts[0]?.text).toContain('no-such-program-here');
  });

  it('that fails without a word says so', async () => {
    expect(await run({ policy: 'false' })).toMatchObject([
      { passed: false, text: expect.stringContaining('exit code 1') as string },
    ]);
  });

  it('that takes too long is ended, with all that it has started', async () => {
    await script(
      'slow',
      `trap '' INT`,
      `( trap '' INT; sleep 600 & echo $! > "${root}/pid"; wait )`,
    );
    const clock = { ...systemClock, sleep: quick };
    const [verdict] = await run({ policy: './slow' }, { timeoutSeconds: 1, clock });
    expect(verdict).toMatchObject({ passed: false });
    expect(verdict?.text).toContain('ended after 1 s');
  });

  it('that a cancelled run interrupts has not passed, whatever its exit code', async () => {
    await script(
      'deaf',
      `trap 'exit 0' INT`,
      'echo started',
      'sleep 0.2 & wait',
      'sleep 30 & wait',
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const [verdict] = await run({ policy: './deaf' }, { signal: controller.signal });
    expect(verdict).toMatchObject({ passed: false });
  });

  it('has a verdict of its own for each line, all of which run', async () => {
    await script('one', 'echo first; exit 1');
    await script('two', 'echo second');
    expect(await run({ policy: './one\n./two', cost: './two' })).toEqual([
      { hook: 'policy', passed: false, text: 'one:\nfirst' },
      { hook: 'policy', passed: true, text: 'two:\nsecond' },
      { hook: 'cost', passed: true, text: 'second' },
    ]);
  });
});

describe('a cost command', () => {
  it('passes whatever it does', async () => {
    await script('cost', 'echo "12 USD"; exit 1');
    expect(await run({ cost: './cost' })).toEqual([{ hook: 'cost', passed: true, text: '12 USD' }]);
    expect(await run({ cost: 'no-such-program-here' })).toMatchObject([{ passed: true }]);
  });
});

describe('the commands of a run', () => {
  it('get the job’s environment without the inputs of the action', () => {
    process.env['INPUT_MODULES-TOKEN'] = 'secret';
    try {
      const ports = hookPorts(
        { policyCommand: 'a', costCommand: undefined },
        { directory: '/private' },
        {
          root: '/',
          runProcess,
          clock: systemClock,
          signal: new AbortController().signal,
          secrets: createSecrets(() => undefined),
        },
      );
      expect(ports.environment).not.toHaveProperty('INPUT_MODULES-TOKEN');
      expect(ports.directory).toBe('/private/hooks');
    } finally {
      delete process.env['INPUT_MODULES-TOKEN'];
    }
  });

  it('are none where none is given', async () => {
    expect(await run({})).toEqual([]);
    expect(await readdir(root)).toEqual([]);
  });
});

/** Time goes by ten times as fast. */
function quick(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return systemClock.sleep(milliseconds / 10, signal);
}
