import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { sdkConfig } from '../support/emulator.js';
import { layerRuns } from '../support/layer-runs.js';
import {
  place,
  readState,
  rootModule,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns({ environment: 'dev' });

const infra = `version: 1
project: shop
environments:
  dev: { apply: auto }
variables:
  name: ssm:/{environment}/{project}/name
  token: ssm:/{environment}/{project}/token
  password: secretsmanager:{environment}/db#password
  port: secretsmanager:{environment}/db#port
`;

const base = rootModule(
  'dev',
  'base',
  [],
  `variable "name" {
  type = string
}
variable "token" {
  type      = string
  sensitive = true
}
variable "password" {
  type      = string
  sensitive = true
}
variable "port" {
  type = number
}
resource "terraform_data" "base" {
  input = "\${var.name}:\${var.port + 1}"
}
resource "terraform_data" "secret" {
  input = sensitive("\${var.token}/\${var.password}")
}
output "name" {
  value = terraform_data.base.output
}`,
);

const other = rootModule('dev', 'other', [], 'resource "terraform_data" "x" {}');

function run(
  workspace: string,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<LayerStep> {
  return layers.run(workspace, command, {}, { env });
}

const secrets = { token: 'tok-5f0c1d', password: 'pa55-of-the-db' };

async function store(): Promise<void> {
  const ssm = new SSMClient(sdkConfig(layers.emulator));
  await ssm.send(
    new PutParameterCommand({ Name: '/dev/shop/name', Type: 'String', Value: 'shop-dev' }),
  );
  await ssm.send(
    new PutParameterCommand({
      Name: '/dev/shop/token',
      Type: 'SecureString',
      Value: secrets.token,
    }),
  );
  await new SecretsManagerClient(sdkConfig(layers.emulator)).send(
    new CreateSecretCommand({
      Name: 'dev/db',
      SecretString: JSON.stringify({ password: secrets.password, port: 5432 }),
    }),
  );
}

describe('variables from SSM and Secrets Manager', () => {
  it('are the same in plan and apply, win over the job’s own, and never show', async () => {
    await store();
    const workspace = await writeRepository(layers.emulator, {
      'infra.yml': infra,
      [place('01-base', 'dev')]: base,
      [place('02-other', 'dev')]: other,
    });
    const planned = await run(workspace, 'plan', { TF_VAR_name: 'from the job' });
    expect(planned.statuses).toEqual({ '01-base/dev': 'changes', '02-other/dev': 'changes' });
    expect(planned.step.summary).toContain('shop-dev:5433');

    const applied = await run(workspace, 'apply');
    expect(applied.step.conclusion).toBe('success');
    expect(await readState(layers.emulator, 'dev/base.tfstate')).toMatchObject({
      outputs: { name: { value: 'shop-dev:5433' } },
    });
    expect(JSON.stringify(await readState(layers.emulator, 'dev/base.tfstate'))).toContain(
      `${secrets.token}/${secrets.password}`,
    );

    const again = await run(workspace, 'plan');
    expect(new Set(Object.values(again.statuses))).toEqual(new Set(['unchanged']));
    for (const { log, step, leftBehind } of [planned, applied, again]) {
      const shown = [log, step.summary, JSON.stringify(step.outputs)].join('\n');
      expect(shown).not.toContain(secrets.token);
      expect(shown).not.toContain(secrets.password);
      expect(leftBehind).toEqual([]);
    }
    const calls = await layers.emulator.calls();
    expect(calls['ssm.GetParameters']).toBe(3);
    expect(calls['secretsmanager.GetSecretValue']).toBe(3);
  });

  it('are there for an import too, which evaluates the configuration', async () => {
    await store();
    const workspace = await writeRepository(layers.emulator, {
      'infra.yml': infra,
      [place('01-base', 'dev')]: base,
    });
    const imported = await layers.run(workspace, 'state', {
      layers: '01-base/dev',
      'state-operations': 'import terraform_data.base some-id',
    });
    expect(imported.step.conclusion).toBe('success');
    expect(imported.log).toContain('1 of 1 operations done');
    expect(imported.log).not.toContain(secrets.token);
    expect(imported.leftBehind).toEqual([]);
  });

  it('that are missing are all named at their lines, before anything runs', async () => {
    const workspace = await writeRepository(layers.emulator, {
      'infra.yml': infra,
      [place('01-base', 'dev')]: base,
      [place('02-other', 'dev')]: other,
    });
    const { step, log } = await run(workspace, 'apply');
    expect(step.conclusion).toBe('failure');
    const errors = step.annotations.filter(({ level }) => level === 'error');
    expect(errors.map(({ file, line }) => `${file}:${line}`).slice(0, 4)).toEqual([
      'infra.yml:6',
      'infra.yml:7',
      'infra.yml:8',
      'infra.yml:9',
    ]);
    expect(log).toContain('/dev/shop/name');
    expect(step.outputs['stacks']).toBeUndefined();
    const calls = await layers.emulator.calls();
    expect(calls['s3.PutObject']).toBeUndefined();
  });
});
