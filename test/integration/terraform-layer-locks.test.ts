import { setTimeout as delay } from 'node:timers/promises';
import { formatLockNote } from '../../actions/terraform-layer/sidecar/lock-notes.js';
import { createJobRole } from '../support/aws-role.js';
import { layerRuns } from '../support/layer-runs.js';
import { createLockTable, lockedStates, lockTable, putLock } from '../support/lock-table.js';
import { withGithub } from '../support/runner.js';
import { lockText } from '../support/sidecars.js';
import {
  killBelow,
  mainProcess,
  place,
  readState,
  rootModule,
  sidecarKeys,
  stateBucket,
  stateKeys,
  terraformProcess,
  writeObject,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns();
const { run } = layers;

/** Where a stack locks: in a file beside its state, or in a DynamoDB table, as older ones do. */
const kinds = ['a lock file', 'a DynamoDB table'] as const;

function lockedModule(kind: (typeof kinds)[number], name: string, body: string): string {
  const module = rootModule('dev', name, [], body);
  if (kind === 'a lock file') return module;
  return module.replace('use_lockfile = true', `dynamodb_table = "${lockTable}"`);
}

beforeEach(() => createLockTable(layers.emulator));

/** Of the bucket and of the table. */
async function locksLeft(): Promise<readonly string[]> {
  const keys = await stateKeys(layers.emulator);
  const files = keys.filter((key) => key.endsWith('.tflock'));
  return [...files, ...(await lockedStates(layers.emulator))];
}

function shownLocks({ step }: LayerStep): unknown {
  return JSON.parse(step.outputs['locks'] ?? '');
}

describe.each(kinds)('two applies at once on one stack that locks in %s', (kind) => {
  const body = `resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = "sleep 12"
  }
}`;

  it('one goes through; another names the holder, or waits and finds nothing to do', async () => {
    const files = { [place('01-slow', 'dev')]: lockedModule(kind, 'slow', body) };
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(() => writeRepository(layers.emulator, files)),
    );
    const apply = (
      workspace: string | undefined,
      seconds: number,
      onLine?: (line: string) => void,
    ): Promise<LayerStep> =>
      run(
        workspace ?? '',
        'apply',
        { environment: 'dev', 'lock-timeout': `${seconds}s` },
        onLine === undefined ? {} : { onLine },
      );
    let others: Promise<[LayerStep, LayerStep]> | undefined;
    const winner = await apply(first, 60, (line) => {
      if (!line.includes('terraform_data.quick: Creation complete')) return;
      others ??= Promise.all([apply(second, 1), apply(third, 60)]);
    });
    const [impatient, patient] = (await others) ?? [];

    expect(winner.statuses).toEqual({ '01-slow/dev': 'applied' });
    expect(impatient?.statuses).toEqual({ '01-slow/dev': 'failed' });
    expect(impatient?.step.summary).toContain('🔒 locked');
    expect(impatient?.step.summary).toMatch(/OperationTypeApply/);
    expect(impatient?.log).toMatch(/its lock [0-9a-f-]{36} is held by http\S+\/actions\/runs\/\d+/);
    expect(patient?.statuses).toEqual({ '01-slow/dev': 'unchanged' });
    expect(await stateKeys(layers.emulator)).toEqual(['dev/slow.tfstate']);
    expect(await locksLeft()).toEqual([]);
    expect(await sidecarKeys(layers.emulator)).toEqual(['dev/slow.tfstate.infra/applied']);
    expect(await readState(layers.emulator, 'dev/slow.tfstate')).toMatchObject({
      serial: 1,
      resources: [{ name: 'quick' }, { name: 'slow' }],
    });
  });
});

describe.each(kinds)('unlock of stacks that lock in %s', (kind) => {
  const lockId = '6f0a3ad2-3f22-4b4e-9d4e-0c7f9f7d9c01';
  const state = 'dev/one.tfstate';
  const runUrl = 'https://github.com/org/infra/actions/runs/7';

  function workspace(): Promise<string> {
    const body = 'output "x" {\n  value = 1\n}';
    return writeRepository(layers.emulator, {
      [place('01-one', 'dev')]: lockedModule(kind, 'one', body),
      [place('02-two', 'dev')]: lockedModule(kind, 'two', body),
    });
  }

  async function lockOfADeadRun(): Promise<readonly string[]> {
    const { emulator } = layers;
    const note = { version: 1 as const, lockId, runUrl, command: 'apply', at: '2026-01-01' };
    await writeObject(emulator, `${state}.infra/lock/${lockId}`, formatLockNote(note));
    const inFile = kind === 'a lock file';
    if (inFile) await writeObject(emulator, `${state}.tflock`, lockText(lockId));
    else await putLock(emulator, `${stateBucket}/${state}`, lockText(lockId));
    return [inFile ? `${state}.tflock` : `${stateBucket}/${state}`];
  }

  it('shows who holds a lock, and releases it by its id alone', async () => {
    const root = await workspace();
    const locked = await lockOfADeadRun();

    const plan = await run(root, 'plan', { layers: '01-one', 'lock-timeout': '1s' });
    expect(plan.statuses).toEqual({ '01-one/dev': 'failed' });
    expect(plan.log).toContain(`its lock ${lockId} is held by ${runUrl}`);
    expect(await locksLeft()).toEqual(locked);

    const shown = await run(root, 'unlock');
    expect(shown.step.conclusion).toBe('success');
    expect(shownLocks(shown)).toEqual([
      expect.objectContaining({ id: lockId, who: 'root@vm', run: runUrl, released: false }),
    ]);
    expect(shown.step.summary).toContain(lockId);

    const wrong = await run(root, 'unlock', { 'lock-id': lockId.replace('6', '7') });
    expect(wrong.step.conclusion).toBe('failure');
    expect(wrong.log).toContain(lockId);
    const dry = await run(root, 'unlock', { 'lock-id': lockId, 'dry-run': 'true' });
    expect(dry.step.conclusion).toBe('success');
    expect(await locksLeft()).toEqual(locked);

    const released = await run(root, 'unlock', { 'lock-id': lockId });
    expect(released.step.conclusion).toBe('success');
    expect(shownLocks(released)).toMatchObject([{ released: true }]);
    expect(await locksLeft()).toEqual([]);
    expect(await sidecarKeys(layers.emulator)).toEqual([]);
  });

  it('shows the run whose apply makes nothing', async () => {
    const body = `resource "terraform_data" "slow" {
  provisioner "local-exec" {
    when    = destroy
    command = "sleep 8"
  }
}`;
    const root = await writeRepository(layers.emulator, {
      [place('01-one', 'dev')]: lockedModule(kind, 'one', body),
    });
    expect((await run(root, 'apply', { environment: 'dev' })).statuses).toEqual({
      '01-one/dev': 'applied',
    });
    let shown: Promise<LayerStep> | undefined;
    const onLine = (line: string): void => {
      // It takes the lock and names it long before this other run has started and looks.
      if (line.includes('01-one/dev: applying'))
        shown ??= delay(2000).then(() => run(root, 'unlock'));
    };
    const inputs = { environment: 'dev', confirm: 'dev' };
    const destroyed = await run(root, 'destroy', inputs, { onLine });
    expect(destroyed.statuses).toEqual({ '01-one/dev': 'applied' });
    expect(shown && shownLocks(await shown)).toMatchObject([
      {
        operation: 'OperationTypeApply',
        run: expect.stringMatching(/\/actions\/runs\/\d+$/) as string,
      },
    ]);
    expect(await locksLeft()).toEqual([]);
    const keys = await sidecarKeys(layers.emulator);
    expect(keys.filter((key) => key.includes('/lock/'))).toEqual([]);
  });
});

describe('the lock of a command on a state that is killed', () => {
  /** Terraform writes the state, and its release of the lock gets no answer. */
  async function killedRun(kill: (workspace: string) => void): Promise<LayerStep> {
    const root = await writeRepository(layers.emulator, {
      [place('01-one', 'dev')]: lockedModule(
        'a lock file',
        'one',
        'resource "terraform_data" "a" {}',
      ),
    });
    await run(root, 'apply', { environment: 'dev' });
    await layers.emulator.addFaults({
      ...{ service: 's3', operation: 'DeleteObject', kind: 'timeout', times: 1 },
    });
    const hangs = async (): Promise<void> => {
      const fired = async (): Promise<boolean> => {
        const faults = await layers.emulator.control('GET', 'faults');
        return JSON.stringify(faults).includes('"fired":1');
      };
      while (!(await fired())) await delay(200);
      kill(root);
    };
    const operations = 'mv terraform_data.a terraform_data.b';
    const [step] = await Promise.all([
      run(root, 'state', { environment: 'dev', 'state-operations': operations }),
      hangs(),
    ]);
    return step;
  }

  const killTerraform = (root: string): number => killBelow(root, terraformProcess);

  it.each<[string, (root: string) => void]>([
    ['in its run', killTerraform],
    [
      'in the post step, where that run is killed too',
      (root) => {
        killBelow(root, mainProcess);
        killTerraform(root);
      },
    ],
  ])('is released %s', async (_, kill) => {
    const { step, log, leftBehind } = await killedRun(kill);
    expect(step.conclusion).toBe('failure');
    expect(log).toMatch(/terraform state mv .*left the lock [0-9a-f-]{36}.* it was released/);
    expect(await locksLeft()).toEqual([]);
    const keys = await sidecarKeys(layers.emulator);
    expect(keys.filter((key) => key.includes('/lock/'))).toEqual([]);
    expect(leftBehind).toEqual([]);
  });
});

it('a session that ends in the middle of an apply is renewed', async () => {
  const arn = await createJobRole(layers.emulator, 'shop-apply', 'repo:acme/infra:environment:dev');
  // Terraform is told 5 minutes less, asks again after 10 s, and would be refused after 20 s.
  await layers.emulator.control('POST', 'sessions', { endAfterSeconds: 20, tellSeconds: 310 });
  const parameter = (name: string, after: string): string =>
    `resource "aws_ssm_parameter" "${name}" {
  depends_on = [${after}]
  name       = "/${name}"
  type       = "String"
  value      = "x"
}\n`;
  const body = `${parameter('first', '')}resource "terraform_data" "wait" {
  depends_on = [aws_ssm_parameter.first]
  provisioner "local-exec" {
    command = "sleep 30"
  }
}
${parameter('second', 'terraform_data.wait')}`;
  const workspace = await writeRepository(layers.emulator, {
    [place('01-slow', 'dev')]: rootModule('dev', 'slow', [], body),
    'infra.yml': `version: 1\nenvironments:\n  dev: { apply-role: "${arn}" }\n`,
  });
  const { workspace: _, ...job } = await withGithub(
    { githubUrl: layers.emulator.githubUrl, environment: 'dev' },
    { workspace },
  );
  const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const applied = await run(workspace, 'apply', { environment: 'dev' }, { job, env });
  expect(applied.step.annotations.filter(({ level }) => level !== 'notice')).toEqual([]);
  expect(applied.statuses).toEqual({ '01-slow/dev': 'applied' });
  expect(await stateKeys(layers.emulator)).toEqual(['dev/slow.tfstate']);
  expect(await readState(layers.emulator, 'dev/slow.tfstate.infra/applied')).toMatchObject({
    version: 1,
  });
});
