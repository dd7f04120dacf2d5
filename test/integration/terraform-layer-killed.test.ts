import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import {
  createStateBucket,
  place,
  readState,
  rootModule,
  runLayer,
  stateKeys,
  writeRepository,
} from '../support/terraform-repository.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  await createStateBucket(emulator);
});

const directory = path.dirname(place('01-slow', 'dev'));

/** One stack whose second resource takes five seconds. */
function slowRepository(): Promise<string> {
  const body = `resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = "sleep 5"
  }
}`;
  return writeRepository(emulator, {
    [place('01-slow', 'dev')]: rootModule('dev', 'slow', [], body),
  });
}

/** Kills the process that runs in `cwd` with `word` on its command line, as the kernel would. */
function killIn(cwd: string, word: string): void {
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
      if (command.includes(word) && readlinkSync(`/proc/${id}/cwd`) === cwd) {
        process.kill(Number(id), 'SIGKILL');
      }
    } catch {
      // It ended while the list was read.
    }
  }
}

/** Applies, and calls `onSlow` once the slow resource is being made. */
function apply(workspace: string, onSlow: () => void): ReturnType<typeof runLayer> {
  return runLayer(emulator, {
    workspace,
    inputs: { command: 'apply', environment: 'dev' },
    onLine: (line) => {
      if (line.includes('terraform_data.quick: Creation complete')) onSlow();
    },
  });
}

it('a step that is killed leaves Terraform running, and its post waits for it', async () => {
  const workspace = await slowRepository();
  const { step, leftBehind } = await apply(workspace, () => {
    killIn(workspace, 'terraform-layer/dist/main');
  });
  expect(step.main?.exitCode).toBeNull();
  expect(step.log.join('\n')).toContain('Waiting up to 240 s for Terraform');
  expect(await stateKeys(emulator)).toEqual(['dev/slow.tfstate']);
  expect(await readState(emulator, 'dev/slow.tfstate')).toMatchObject({
    resources: [{ name: 'quick' }, { name: 'slow' }],
  });
  expect(leftBehind).toEqual([]);
});

it('a lock that a killed Terraform leaves is named, and so is its holder in the next run', async () => {
  const workspace = await slowRepository();
  const killed = await apply(workspace, () => {
    killIn(path.join(workspace, directory), 'apply');
  });
  expect(killed.step.conclusion).toBe('failure');
  const command = /terraform -chdir=(\S+) force-unlock ([0-9a-f-]{36})/;
  const [, stackDirectory, lockId = ''] = command.exec(killed.log) ?? [];
  expect(stackDirectory).toBe(directory);
  expect(await stateKeys(emulator)).toContain('dev/slow.tfstate.tflock');

  const next = await runLayer(emulator, {
    workspace,
    inputs: { command: 'plan', 'lock-timeout': '1s' },
  });
  expect(next.statuses).toEqual({ '01-slow/dev': 'failed' });
  expect(next.step.summary).toContain('🔒 locked');
  expect(next.step.summary).toContain(`force-unlock ${lockId}`);
});
