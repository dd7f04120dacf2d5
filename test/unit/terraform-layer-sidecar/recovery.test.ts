import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../../actions/shared/clock.js';
import type { PutBack } from '../../../actions/terraform-layer/schedule/hooks.js';
import { formatJournal } from '../../../actions/terraform-layer/sidecar/journal.js';
import { putBack, type PushState } from '../../../actions/terraform-layer/sidecar/put-back.js';
import {
  pendingRecovery,
  writeRecovery,
} from '../../../actions/terraform-layer/sidecar/recovery.js';
import { recoveryProblems } from '../../../actions/terraform-layer/state/choose-recovery.js';
import { tolerance } from '../../../actions/terraform-layer/sidecar/tolerance.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import {
  recoverState,
  type Recovery,
} from '../../../actions/terraform-layer/terraform/errored-state.js';
import {
  releaseLock,
  removeLocalLock,
} from '../../../actions/terraform-layer/terraform/lock-release.js';
import { restInstructions } from '../../../actions/terraform-layer/terraform/rest-instructions.js';
import {
  intolerant,
  lockText,
  memorySidecar,
  onlySidecar,
  stateOf,
  type MemorySidecar,
} from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';

let directory: string;
let stack: Stack;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'recovery-'));
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };
const quiet = {
  log: { warning: () => undefined },
  secrets: { redact: (text: string) => text },
};
const queueState = stateOf([{ type: 'aws_sqs_queue', name: 'this', id: 'q' }], { serial: 5 });
const created = [{ address: 'aws_sqs_queue.this', id: 'q' }];
const errored = (): string => path.join(directory, 'errored.tfstate');

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

describe('a state that Terraform could not write', () => {
  /** Pushes are answered in order; an error refuses. */
  async function recover(
    answers: readonly (Error | undefined)[],
    rest: Partial<Parameters<typeof recoverState>[0]> = {},
  ): Promise<{ readonly recovery: Recovery; readonly pushed: readonly string[] }> {
    const pushed: string[] = [];
    const recovery = await recoverState({
      ...{ directory, created, sidecar: undefined, clock },
      signal: new AbortController().signal,
      commands: {
        push: async (file) => {
          const answer = answers[Math.min(pushed.length, answers.length - 1)];
          pushed.push(await readFile(file, 'utf8'));
          if (answer !== undefined) throw answer;
        },
      },
      ...rest,
    });
    return { recovery, pushed };
  }

  it('is nothing where there is none', async () => {
    expect((await recover([undefined])).recovery).toEqual({ kind: 'none' });
  });

  it('is pushed, again and again while the store is away, and then gone', async () => {
    await writeFile(errored(), queueState);
    const { recovery, pushed } = await recover([new Error('503'), new Error('503'), undefined]);
    expect(recovery).toEqual({ kind: 'pushed' });
    expect(pushed).toEqual([queueState, queueState, queueState]);
    expect(await exists(errored())).toBe(false);
  });

  it('is stored beside the state where Terraform refuses it', async () => {
    await writeFile(errored(), queueState);
    const sidecar = memorySidecar();
    const refusal = new Error('cannot import state with lineage "a" over unrelated state');
    const { recovery, pushed } = await recover([refusal], { sidecar });
    expect(recovery).toMatchObject({ kind: 'stored', place: `${sidecar.place}recovery` });
    expect(pushed).toHaveLength(1);
    expect(sidecar.objects.get('recovery')).toBe(queueState);
    expect(await exists(errored())).toBe(false);
  });

  it('stays where it is where nothing can be written', async () => {
    await writeFile(errored(), queueState);
    const sidecar = memorySidecar();
    sidecar.failure = new Error('denied');
    const { recovery } = await recover([new Error('denied')], { sidecar });
    expect(recovery).toMatchObject({ kind: 'kept', file: errored() });
    expect(await readFile(errored(), 'utf8')).toBe(queueState);
  });

  it('is tried once only by a run that is being cancelled', async () => {
    await writeFile(errored(), queueState);
    const { pushed } = await recover([new Error('503')], { signal: AbortSignal.abort() });
    expect(pushed).toHaveLength(1);
  });

  it('is left to the stack that it is of, where several share a directory', async () => {
    await writeFile(errored(), queueState);
    const other = { created: [{ address: 'aws_sqs_queue.this', id: 'of production' }] };
    expect((await recover([undefined], { ...other, sharedBy: 'production' })).recovery).toEqual({
      kind: 'none',
    });
    const own = await recover([new Error('denied')], { sharedBy: 'dev' });
    expect(own.recovery).toMatchObject({
      kind: 'kept',
      file: path.join(directory, 'errored-dev.tfstate'),
    });
    expect((await recover([undefined], { sharedBy: 'dev' })).recovery).toEqual({ kind: 'pushed' });
  });

  it('never takes the place of one that waits and is not in it', async () => {
    const sidecar = memorySidecar();
    const first = stateOf([{ type: 'aws_vpc', name: 'a', id: 'vpc-1' }], { serial: 5 });
    sidecar.objects.set('recovery', first);
    await writeFile(errored(), queueState);
    const { recovery } = await recover([new Error('denied')], { sidecar });
    expect(sidecar.objects.get('recovery')).toBe(first);
    if (recovery.kind !== 'stored') throw new Error(recovery.kind);
    expect(recovery.place).toBe(`${sidecar.place}recovery-next`);
    expect([...sidecar.objects.values()]).toContain(queueState);
    // Nor does a third one take the place of the second.
    const third = stateOf([{ type: 'aws_vpc', name: 'c', id: 'vpc-3' }], { serial: 5 });
    expect(await writeRecovery(sidecar, third, undefined)).toMatch(/recovery-[0-9a-f]{16}$/);
    expect(sidecar.objects.get('recovery-next')).toBe(queueState);
  });

  it('takes the place of one that it has in full', async () => {
    const sidecar = memorySidecar();
    sidecar.objects.set('recovery', stateOf([], { serial: 4 }));
    await writeFile(errored(), queueState);
    await recover([new Error('denied')], { sidecar });
    expect(sidecar.objects.get('recovery')).toBe(queueState);
  });
});

describe('a state that waits beside the state', () => {
  const serial = (value: number, resources: Parameters<typeof stateOf>[0] = []): string =>
    stateOf(resources, { serial: value });

  /** Left by an apply that began with this state. */
  async function left(state: string | undefined, text = queueState): Promise<MemorySidecar> {
    const sidecar = memorySidecar();
    sidecar.state = state;
    await writeRecovery(sidecar, text, await sidecar.stateVersion());
    return sidecar;
  }

  function put(
    sidecar: MemorySidecar,
    answer: Awaited<ReturnType<PushState>> = { ok: true },
  ): Promise<{ readonly found: PutBack; readonly pushed: readonly string[] }> {
    const pushed: string[] = [];
    const push: PushState = (_, text) => {
      pushed.push(text);
      if (answer.ok) sidecar.state = text;
      return Promise.resolve(answer);
    };
    const ports = { root: directory, tolerate: intolerant, push, clock, ...quiet };
    const sidecars = onlySidecar(sidecar);
    return putBack(stack, { ...ports, sidecars }).then((found) => ({ found, pushed }));
  }

  it('is nothing where there is none', async () => {
    expect(await put(memorySidecar())).toEqual({ found: { kind: 'none' }, pushed: [] });
  });

  it.each([
    ['the state that its apply began with', serial(4)],
    ['no state, as before its apply', undefined],
  ])('is put back over %s, and then gone with its journal', async (_, state) => {
    const sidecar = await left(state);
    const entry = { address: 'aws_sqs_queue.this', id: 'q' };
    sidecar.objects.set(
      'journal',
      formatJournal({ version: 1, startedAt: '2026-01-01T00:00:00Z', resources: [entry] }),
    );
    expect(await put(sidecar)).toEqual({
      found: { kind: 'done', place: `${sidecar.place}recovery` },
      pushed: [queueState],
    });
    expect([...sidecar.objects.keys()]).toEqual([]);
  });

  it.each<readonly [string, string]>([
    ['written since under a lower serial', serial(5 - 1, [{ type: 'a', name: 'b', id: 'c' }])],
    ['overtaken without its resources', serial(6)],
    ['as new, without its resources', serial(5)],
    ['of another lineage', stateOf([], { serial: 4, lineage: 'other' })],
    ['encrypted', '{"encrypted_data":""}'],
  ])('stays where the state is %s', async (_, now) => {
    const sidecar = await left(serial(3));
    sidecar.state = now;
    const { found, pushed } = await put(sidecar);
    expect(found).toMatchObject({ kind: 'pending', place: `${sidecar.place}recovery` });
    expect(pushed).toEqual([]);
    expect(sidecar.objects.get('recovery')).toBe(queueState);
  });

  it('stays where nothing says which state its apply began with', async () => {
    const sidecar = await left(serial(4));
    sidecar.objects.delete('recovery-base');
    expect(await put(sidecar)).toMatchObject({ found: { kind: 'pending' }, pushed: [] });
    // One that was written for another recovery says nothing of this one.
    const other = await left(serial(4));
    other.objects.set('recovery', stateOf([], { serial: 9 }));
    expect(await put(other)).toMatchObject({ found: { kind: 'pending' }, pushed: [] });
  });

  it('stays where it cannot be read, and where Terraform refuses it', async () => {
    expect(await put(await left(serial(4), 'encrypted'))).toMatchObject({
      found: { kind: 'pending' },
    });
    const sidecar = await left(serial(4));
    const { found } = await put(sidecar, { ok: false, why: 'locked' });
    expect(found).toMatchObject({ kind: 'pending', why: 'locked' });
    expect(sidecar.objects.get('recovery')).toBe(queueState);
  });

  it('only warns where it may be a copy that an earlier release kept', async () => {
    const sidecar = await left(serial(4));
    sidecar.objects.delete('recovery-base');
    sidecar.state = serial(6);
    const warnings: string[] = [];
    const found = await putBack(stack, {
      ...{ root: directory, tolerate: intolerant, clock, sidecars: onlySidecar(sidecar) },
      push: () => Promise.reject(new Error('pushed')),
      log: { warning: (text) => warnings.push(text) },
      secrets: quiet.secrets,
    });
    expect(found).toEqual({ kind: 'none' });
    expect(warnings).toHaveLength(1);
    expect(sidecar.objects.get('recovery')).toBe(queueState);
    // Then no state operation is refused either.
    const told = await pendingRecovery(stack, onlySidecar(sidecar), intolerant);
    expect(recoveryProblems([], told)).toEqual([]);
  });

  it('is none where its apply could not tell what the state was', async () => {
    const sidecar = memorySidecar();
    await writeRecovery(sidecar, queueState, undefined);
    sidecar.state = serial(6);
    expect(await put(sidecar)).toMatchObject({ found: { kind: 'pending' }, pushed: [] });
  });

  it('gives way to a second one once it is put back, and the journal stays for that', async () => {
    const sidecar = await left(serial(4));
    const second = stateOf([{ type: 'aws_vpc', name: 'b', id: 'vpc-2' }], { serial: 5 });
    expect(await writeRecovery(sidecar, second, undefined)).toContain('recovery-next');
    const entry = { address: 'aws_vpc.b', id: 'vpc-2' };
    const journal = formatJournal({
      ...{ version: 1, startedAt: '2026-01-01T00:00:00Z', resources: [entry] },
    });
    sidecar.objects.set('journal', journal);
    expect(await put(sidecar)).toMatchObject({ found: { kind: 'done' }, pushed: [queueState] });
    expect(sidecar.objects.get('recovery')).toBe(second);
    expect(sidecar.objects.has('recovery-next')).toBe(false);
    expect(sidecar.objects.get('journal')).toBe(journal);
    expect(await put(sidecar)).toMatchObject({ found: { kind: 'pending' }, pushed: [] });
  });

  it('is forgotten once all of it is in the state', async () => {
    const sidecar = await left(serial(4));
    sidecar.state = stateOf([{ type: 'aws_sqs_queue', name: 'this', id: 'q' }], { serial: 7 });
    expect(await put(sidecar)).toEqual({ found: { kind: 'none' }, pushed: [] });
    expect([...sidecar.objects.keys()]).toEqual([]);
  });

  it('keeps a stack from being applied where it cannot be told what the state is', async () => {
    const sidecar = await left(serial(4));
    const blind = { ...sidecar, stateText: () => Promise.reject(new Error('denied')) };
    const tolerate = tolerance({
      log: { warning: () => undefined },
      secrets: { redact: (t) => t },
    });
    const push = (): never => {
      throw new Error('pushed');
    };
    await expect(
      putBack(stack, {
        ...{ root: directory, sidecars: onlySidecar(blind), tolerate, push, clock, ...quiet },
      }),
    ).rejects.toThrow('denied');
  });

  it('is also one that lies in the directory, which Terraform would write over', async () => {
    const file = path.join(directory, stack.directory, 'errored.tfstate');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, queueState);
    const push = (): never => {
      throw new Error('pushed');
    };
    const ports = { root: directory, tolerate: intolerant, push, clock, ...quiet };
    const nowhere = await putBack(stack, { ...ports, sidecars: onlySidecar(undefined) });
    expect(nowhere).toMatchObject({ kind: 'pending', place: file });
    const sidecar = memorySidecar();
    sidecar.state = serial(4);
    const found = await putBack(stack, { ...ports, sidecars: onlySidecar(sidecar) });
    expect(found).toMatchObject({ kind: 'pending', place: `${sidecar.place}recovery` });
    expect(sidecar.objects.get('recovery')).toBe(queueState);
    expect(await exists(file)).toBe(false);
  });

  it('is told by a run that only plans, and stays', async () => {
    const sidecar = await left(serial(4));
    const told = (): ReturnType<typeof pendingRecovery> =>
      pendingRecovery(stack, onlySidecar(sidecar), intolerant);
    expect(await told()).toMatchObject({ text: queueState, obstacle: undefined });
    sidecar.state = serial(6);
    expect((await told())?.obstacle).toContain('without 1');
    expect(sidecar.objects.get('recovery')).toBe(queueState);
  });
});

describe('a lock of ours', () => {
  it('is released by its id', async () => {
    const asked: string[] = [];
    const forceUnlock = (id: string): Promise<void> => {
      asked.push(id);
      return asked.length < 2 ? Promise.reject(new Error('503')) : Promise.resolve();
    };
    expect(await releaseLock('own', { commands: { forceUnlock }, clock })).toEqual({
      kind: 'released',
    });
    expect(asked).toEqual(['own', 'own']);
  });

  it('that stands is told, in the words of Terraform', async () => {
    const forceUnlock = (): Promise<void> => Promise.reject(new Error('does not match'));
    expect(await releaseLock('own', { commands: { forceUnlock }, clock })).toEqual({
      kind: 'stands',
      why: 'does not match',
    });
  });

  const inFile = 'operation error S3: GetObject, StatusCode: 404, NoSuchKey: ';
  const inTable = 'failed to retrieve lock info for lock ID "own": unexpected end of JSON input';
  const both = (file: string, table: string): string =>
    `failed to unlock both S3 and DynamoDB: S3 error: ${file}, DynamoDB error: ${table}`;
  it.each([
    [inFile, 'released'],
    [inTable, 'released'],
    ['no lock info found for: "b/k" within the DynamoDB table: locks', 'released'],
    [both(inFile, inTable), 'released'],
    [both(inFile, 'AccessDeniedException'), 'stands'],
    [both('AccessDenied', inTable), 'stands'],
  ])('that is gone already is known by the words %s', async (words, kind) => {
    const forceUnlock = (): Promise<void> => Promise.reject(new Error(words));
    expect(await releaseLock('own', { commands: { forceUnlock }, clock })).toMatchObject({ kind });
  });

  it('beside a local state goes with its file, where this run began it', async () => {
    const file = path.join(directory, '.terraform.tfstate.lock.info');
    const began = Date.parse('2026-01-01T00:00:00Z');
    await writeFile(file, lockText('earlier', '2025-12-31T23:00:00Z'));
    await removeLocalLock(file, began);
    expect(await exists(file)).toBe(true);
    await writeFile(file, lockText('ours', '2026-01-01T00:00:01Z'));
    await removeLocalLock(file, began);
    expect(await exists(file)).toBe(false);
    await removeLocalLock(file, began);
  });
});

describe('what the post step is told of a child', () => {
  it('is how to reach its state, and no secret', () => {
    const told = restInstructions({
      stack: {
        ...stack,
        backend: { type: 's3', config: { bucket: 'b', key: 'k' } },
        binding: 'var-file',
        environment: 'dev',
        varFiles: ['layers/a/dev.tfvars'],
        earlyExpressions: [{ of: 'backend', at: { file: 'layers/a/main.tf' } }],
      },
      root: '/r',
      varFiles: ['more.tfvars'],
      program: '/bin/terraform',
      environment: {
        PATH: '/bin',
        AWS_CONFIG_FILE: '/run/aws/dev/config',
        AWS_PROFILE: 'infra-dev',
        AWS_REGION: 'eu-west-1',
        TF_DATA_DIR: '.terraform/environment-dev',
        TF_TOKEN_app_terraform_io: 'registry-secret',
        TF_VAR_password: 'variable-secret',
      },
      ambient: { PATH: '/bin', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'job-secret' },
      outputDirectory: '/tmp/out',
      startedAt: 7,
    });
    expect(JSON.stringify(told)).not.toMatch(/secret"|-secret/);
    expect(told).toMatchObject({
      environment: {
        AWS_CONFIG_FILE: '/run/aws/dev/config',
        AWS_PROFILE: 'infra-dev',
        AWS_REGION: 'eu-west-1',
        TF_DATA_DIR: '.terraform/environment-dev',
      },
      withoutEnvironment: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
      sharedBy: 'dev',
      early: ['-var-file=/r/layers/a/dev.tfvars', '-var-file=/r/more.tfvars'],
      state: { kind: 's3', region: 'eu-west-1', sessionRequest: '/run/aws/dev/request.json' },
    });
  });

  it('leaves a state alone that only keys of the backend reach', () => {
    const config = { bucket: 'b', key: 'k', access_key: 'AKIA', secret_key: 'backend-secret' };
    const told = restInstructions({
      stack: { ...stack, backend: { type: 's3', config } },
      ...{ root: '/r', program: 'terraform', environment: {}, ambient: {} },
      ...{ varFiles: [], outputDirectory: undefined, startedAt: 0 },
    });
    expect(told.state).toBeUndefined();
    expect(told.early).toEqual([]);
    expect(JSON.stringify(told)).not.toContain('backend-secret');
  });
});
