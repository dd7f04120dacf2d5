import { said } from '../support/annotations.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import { readState, stateBucket, type LayerStep } from '../support/terraform-repository.js';

// One root module for each environment; all but the shared one read its state.

const stateOf = (environment: string): string =>
  `bucket = "${stateBucket}"\n    key    = "${environment}.tfstate"\n    region = "eu-west-1"`;

const backend = (environment: string): string =>
  `terraform {\n  backend "s3" {\n    ${stateOf(environment)}\n    use_lockfile = true\n  }\n}\n`;

const shared = (value: string): Record<string, string> => ({
  'environments/global/main.tf': `${backend('global')}
resource "terraform_data" "network" {
  input = "${value}"
}
output "network" {
  value = terraform_data.network.output
}
`,
});

const reader = (environment: string): Record<string, string> => ({
  [`environments/${environment}/main.tf`]: `${backend(environment)}
data "terraform_remote_state" "shared" {
  backend = "s3"
  config = {
    ${stateOf('global')}
  }
}
resource "terraform_data" "service" {
  input = data.terraform_remote_state.shared.outputs.network
}
output "network" {
  value = terraform_data.service.output
}
`,
});

let emulator: TestEmulator;
let infra: InfraOnGithub;

beforeAll(async () => {
  emulator = await startTestEmulator();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml':
      'version: 1\nenvironments:\n  global: { apply: auto }\n' +
      '  stokenet: { apply: auto, after: [global] }\n' +
      '  mainnet: { apply: auto, after: [stokenet] }\n',
    ...shared('one'),
    ...reader('stokenet'),
    ...reader('mainnet'),
  });
  await infra.apply({ environment: 'global, stokenet, mainnet' });
});
afterAll(() => emulator.stop());

/** One leg of an apply's matrix. */
const leg = (environment: string): Promise<LayerStep> => infra.apply({ environment });

/** What the readers have taken over from the shared environment's state. */
async function networkIn(environment: string): Promise<unknown> {
  const state = (await readState(emulator, `${environment}.tfstate`)) as {
    readonly outputs: { readonly network: { readonly value: unknown } };
  };
  return state.outputs.network.value;
}

const notices = ({ step }: LayerStep): string => said(step, 'notice');

// In order: each test begins where the one before it has ended.
it('an environment is applied where another one that it reads was changed, leg by leg', async () => {
  await infra.push(shared('two'));
  const first = await leg('global');
  expect(first.statuses).toEqual({ global: 'applied' });
  expect(JSON.parse(first.step.outputs['pending-readers'] ?? '')).toEqual([
    {
      ...{ id: 'environments/stokenet', environment: 'stokenet' },
      ...{ upstream: 'environments/global', outputs: ['network'] },
    },
    {
      ...{ id: 'environments/mainnet', environment: 'mainnet' },
      ...{ upstream: 'environments/global', outputs: ['network'] },
    },
  ]);
  expect(first.step.summary).toContain('`mainnet`');
  expect(notices(first)).toContain('mainnet');
  expect((await leg('stokenet')).statuses).toEqual({ stokenet: 'applied' });
  expect((await leg('mainnet')).statuses).toEqual({ mainnet: 'applied' });
  expect(await networkIn('stokenet')).toBe('two');
  expect(await networkIn('mainnet')).toBe('two');
});

it('nothing is left for a leg that runs again', async () => {
  const again = await leg('mainnet');
  expect(again.step.outputs['affected']).toBe('[]');
  expect(again.step.outputs['pending-readers']).toBe('[]');
});

it('an environment stays pending where what it reads is applied only after it', async () => {
  await infra.push(shared('three'));
  // The shared environment waits for its approval.
  const early = await leg('stokenet');
  expect(early.statuses).toEqual({ stokenet: 'unchanged' });
  expect(notices(early)).toContain('global');
  expect((await leg('global')).statuses).toEqual({ global: 'applied' });
  expect((await leg('stokenet')).statuses).toEqual({ stokenet: 'applied' });
  expect(await networkIn('stokenet')).toBe('three');
  expect((await leg('stokenet')).step.outputs['affected']).toBe('[]');
});

it('an environment in which nothing changes holds nobody back, though nobody approves that', async () => {
  await leg('mainnet');
  await infra.push({
    'environments/global/main.tf': `# A comment.\n${shared('three')['environments/global/main.tf'] ?? ''}`,
  });
  for (const name of ['global', 'stokenet', 'mainnet']) await infra.protect({ name });
  const plan = await infra.planOfApply({ environment: 'global, stokenet, mainnet' });
  expect(plan.step.conclusion).toBe('success');
  const upToDate: unknown = JSON.parse(plan.step.outputs['environments-up-to-date'] ?? '');
  expect(upToDate).toEqual(['global', 'stokenet', 'mainnet']);
  // Without that word a reader waits for an apply that nobody starts.
  const waiting = await leg('stokenet');
  expect(notices(waiting)).toContain('global');
  expect((await leg('stokenet')).step.outputs['affected']).toBe('["environments/stokenet"]');
  const told = await infra.apply({ environment: 'stokenet', 'up-to-date': 'global' });
  expect(told.statuses).toEqual({ stokenet: 'unchanged' });
  expect(notices(told)).not.toContain('global');
  const again = await infra.apply({ environment: 'stokenet', 'up-to-date': 'global' });
  expect(again.step.outputs['affected']).toBe('[]');
  // Where no approval is needed, the note is moved on.
  expect(JSON.parse(plan.step.outputs['environments-to-apply'] ?? '')).toEqual([
    'global',
    'stokenet',
    'mainnet',
  ]);
});

it('a change that was applied halfway and is taken back since is applied once more', async () => {
  const main = (service: string): Record<string, string> => ({
    'environments/mainnet/main.tf': (
      reader('mainnet')['environments/mainnet/main.tf'] ?? ''
    ).concat(service),
  });
  await infra.apply({ environment: 'global, stokenet, mainnet' });
  await infra.push(
    main(`resource "terraform_data" "half" {
}
resource "terraform_data" "bad" {
  depends_on = [terraform_data.half]
  provisioner "local-exec" {
    command = "exit 1"
  }
}
`),
  );
  expect((await leg('mainnet')).statuses).toEqual({ mainnet: 'failed' });
  await infra.push(main(''));
  expect((await leg('mainnet')).statuses).toEqual({ mainnet: 'applied' });
  expect((await leg('mainnet')).step.outputs['affected']).toBe('[]');
});

it('a pull request that was rebased is taken up again with all its commits', async () => {
  const pull = await infra.open(shared('four'), { 'NOTES.md': 'Last of two.\n' });
  await infra.push({ 'README.md': 'Meanwhile.\n' });
  await infra.rebase(pull);
  await infra.apply({ environment: 'global, stokenet, mainnet' });
  const again = { 'apply-again': String(pull.number), 'dry-run': 'true' };
  const { step } = await infra.apply({ environment: 'global', ...again });
  expect(step.outputs['affected']).toBe('["environments/global"]');
});

describe('an environment alone, after one that has not noted the commit', () => {
  const main = (environment: string, before: string, after: string): Record<string, string> => {
    const file = `environments/${environment}/main.tf`;
    return { [file]: `${before}${reader(environment)[file] ?? ''}${after}` };
  };
  const resource = 'resource "terraform_data" "more" {\n}\n';
  const alone = { environment: 'mainnet' };

  beforeAll(() => infra.apply({ environment: 'global, stokenet, mainnet' }));

  it('is let past it where its own plan would change nothing', async () => {
    await infra.push({
      ...main('stokenet', '# A comment.\n', ''),
      ...main('mainnet', '', resource),
    });
    const refused = await infra.apply(alone);
    expect(said(refused.step, 'error')).toContain('which has not got these changes');
    const plan = await infra.planOfApply(alone);
    expect(plan.step.conclusion).toBe('success');
    expect(plan.statuses).toEqual({ mainnet: 'changes' });
    expect(plan.step.outputs['environments-up-to-date']).toBe('["stokenet"]');
    expect(plan.step.outputs['environments-to-apply']).toBe('["mainnet"]');
    expect(plan.leftBehind).toEqual([]);
    const every = await infra.planOfApply({ ...alone, layers: 'all' });
    expect(every.step.outputs['environments-up-to-date']).toBe('["stokenet"]');
    const applied = await infra.apply({ ...alone, 'up-to-date': 'stokenet' });
    expect(applied.statuses).toEqual({ mainnet: 'applied' });
  });

  it('waits where it would change something', async () => {
    await infra.push({ ...main('stokenet', '', resource), ...main('mainnet', '', '') });
    for (const layers of ['changed', 'all']) {
      const plan = await infra.planOfApply({ ...alone, layers });
      expect(plan.step.conclusion).toBe('failure');
      expect(said(plan.step, 'error')).toContain('which has not got these changes');
    }
    await leg('stokenet');
    expect((await infra.planOfApply(alone)).statuses).toEqual({ mainnet: 'changes' });
  });
});
