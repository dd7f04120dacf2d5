import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import { place, readState, rootModule, sidecarKeys } from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;

const beside = { 'review-records': 'state' };

function network(vpc: string): Record<string, string> {
  const output = `output "vpc" {\n  value = "${vpc}"\n}\n`;
  return { [place('01-network', 'dev')]: rootModule('dev', 'network', [], output) };
}

/** Its plan holds the length of what it reads, and so is the same for values of one length. */
function app(size: number): Record<string, string> {
  const body =
    'provider "aws" {\n  region = "eu-west-1"\n}\n' +
    'resource "aws_ssm_parameter" "size" {\n  name = "/dev/size"\n  type = "String"\n' +
    `  value = "${size} \${length(data.terraform_remote_state.network.outputs.vpc)}"\n}\n`;
  return { [place('02-app', 'dev')]: rootModule('dev', 'app', ['network'], body) };
}

interface StoredRecord {
  readonly stacks: readonly {
    readonly providers?: Readonly<Record<string, string>>;
    readonly upstreams?: readonly { readonly outputs: Readonly<Record<string, string>> }[];
  }[];
}

beforeAll(async () => {
  emulator = await startTestEmulator();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto, unreviewed: allow }\n',
    ...network('vpc-1'),
    ...app(1),
  });
});
afterAll(() => emulator.stop());

it('a record has the providers, and digests of public outputs that the plan reads', async () => {
  const first = await infra.apply(beside);
  expect(first.step.conclusion).toBe('success');
  expect(JSON.parse(first.step.outputs['stacks'] ?? '')).toMatchObject([
    { name: '01-network/dev', outputs: { vpc: 'vpc-1' } },
    { name: '02-app/dev', outputs: {} },
  ]);
  const pull = await infra.open(app(2));
  expect((await infra.plan(pull, beside)).step.conclusion).toBe('success');
  const [key = ''] = (await sidecarKeys(emulator)).filter((name) =>
    name.startsWith('dev/app.tfstate.infra/review/'),
  );
  const { stacks } = (await readState(emulator, key)) as StoredRecord;
  expect(stacks[0]?.providers?.['registry.terraform.io/hashicorp/aws']).toMatch(/^\d+\.\d+\.\d+$/);
  expect(stacks[0]?.upstreams?.[0]?.outputs['vpc']).toMatch(/^[\w-]{22}$/);

  // Somebody brings another network, whose name is as long, before it is merged.
  infra.git('checkout', '--quiet', 'main');
  await infra.push(network('vpc-2'));
  expect((await infra.apply(beside)).step.conclusion).toBe('success');
  await infra.merge(pull);
  const applied = await infra.apply(beside);
  expect(applied.statuses).toEqual({ '02-app/dev': 'applied' });
  expect(JSON.parse(applied.step.outputs['review'] ?? '')).toMatchObject([
    { verdict: 'different', addresses: ['data.terraform_remote_state.network'] },
  ]);
  expect(applied.log).toContain('data.terraform_remote_state.network: upstream, vpc');
  expect(applied.log).toMatch(/on another tree; in between: [0-9a-f]{7} Pushed/);
});
