import { createJobRole } from '../support/aws-role.js';
import { layerRuns } from '../support/layer-runs.js';
import { withGithub } from '../support/runner.js';
import { lockText } from '../support/sidecars.js';
import {
  place,
  readState,
  rootModule,
  stateKeys,
  writeObject,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns();
const { run } = layers;

describe('two applies at once on one stack', () => {
  const body = `resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = "sleep 12"
  }
}`;

  it('one goes through; another names the holder, or waits and finds nothing to do', async () => {
    const files = { [place('01-slow', 'dev')]: rootModule('dev', 'slow', [], body) };
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
    expect(await readState(layers.emulator, 'dev/slow.tfstate')).toMatchObject({
      serial: 1,
      resources: [{ name: 'quick' }, { name: 'slow' }],
    });
  });
});

describe('unlock', () => {
  const lockId = '6f0a3ad2-3f22-4b4e-9d4e-0c7f9f7d9c01';
  const lockKey = 'dev/one.tfstate.tflock';

  function workspace(): Promise<string> {
    return writeRepository(layers.emulator, {
      [place('01-one', 'dev')]: rootModule('dev', 'one', [], 'output "x" {\n  value = 1\n}'),
      [place('02-two', 'dev')]: rootModule('dev', 'two', [], 'output "x" {\n  value = 1\n}'),
    });
  }

  it('shows who holds a lock, and releases it by its id alone', async () => {
    const root = await workspace();
    await writeObject(layers.emulator, lockKey, lockText(lockId));

    const plan = await run(root, 'plan', { layers: '01-one', 'lock-timeout': '1s' });
    expect(plan.statuses).toEqual({ '01-one/dev': 'failed' });
    expect(await stateKeys(layers.emulator)).toEqual([lockKey]);

    const shown = await run(root, 'unlock');
    expect(shown.step.conclusion).toBe('success');
    expect(JSON.parse(shown.step.outputs['locks'] ?? '')).toEqual([
      expect.objectContaining({ id: lockId, who: 'root@vm', released: false }),
    ]);
    expect(shown.step.summary).toContain(lockId);

    const wrong = await run(root, 'unlock', { 'lock-id': lockId.replace('6', '7') });
    expect(wrong.step.conclusion).toBe('failure');
    expect(wrong.log).toContain(lockId);
    const dry = await run(root, 'unlock', { 'lock-id': lockId, 'dry-run': 'true' });
    expect(dry.step.conclusion).toBe('success');
    expect(await stateKeys(layers.emulator)).toEqual([lockKey]);

    const released = await run(root, 'unlock', { 'lock-id': lockId });
    expect(released.step.conclusion).toBe('success');
    expect(JSON.parse(released.step.outputs['locks'] ?? '')).toMatchObject([{ released: true }]);
    expect(await stateKeys(layers.emulator)).toEqual([]);
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
