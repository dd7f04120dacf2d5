import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { said } from '../support/annotations.js';
import { sdkConfig } from '../support/emulator.js';
import { layerRuns } from '../support/layer-runs.js';
import {
  killBelow,
  place,
  readState,
  rootModule,
  s3,
  sidecarKeys,
  stateBucket,
  terraformProcess,
  writeObject,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns();

function apply(workspace: string, onLine?: (line: string) => void): Promise<LayerStep> {
  const inputs = { environment: 'dev' };
  return layers.run(workspace, 'apply', inputs, onLine === undefined ? {} : { onLine });
}

/** Changes the state of one stack. */
function operate(
  workspace: string,
  layer: string,
  ...lines: readonly string[]
): Promise<LayerStep> {
  const inputs = { environment: 'dev', layers: layer, 'state-operations': lines.join('\n') };
  return layers.run(workspace, 'state', inputs);
}

describe('what a killed apply made, and AWS would make twice', () => {
  const main = place('01-network', 'dev');
  const network = (seconds: number): string =>
    rootModule(
      'dev',
      'network',
      [],
      `resource "aws_vpc" "this" {
  cidr_block = "10.20.0.0/16"
}
resource "terraform_data" "slow" {
  depends_on = [aws_vpc.this]
  provisioner "local-exec" {
    command = "sleep ${seconds}"
  }
}
output "id" {
  value = aws_vpc.this.id
}`,
    );

  /** Networks with our range. */
  async function vpcs(): Promise<readonly string[]> {
    const client = new EC2Client(sdkConfig(layers.emulator));
    const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({}));
    return Vpcs.filter(({ CidrBlock }) => CidrBlock === '10.20.0.0/16').flatMap(
      ({ VpcId }) => VpcId ?? [],
    );
  }

  /** Leaves one network that no state knows. */
  async function killed(): Promise<string> {
    const workspace = await writeRepository(layers.emulator, {
      [main]: network(120),
      [place('02-app', 'dev')]: rootModule(
        'dev',
        'app',
        ['network'],
        `resource "terraform_data" "app" {
  input = data.terraform_remote_state.network.outputs.id
}`,
      ),
    });
    await apply(workspace, (line) => {
      if (/aws_vpc.this: Creation complete/.test(line)) killBelow(workspace, terraformProcess);
    });
    await writeFile(path.join(workspace, main), network(0));
    expect(await vpcs()).toHaveLength(1);
    return workspace;
  }

  it('stops the next apply before it makes another one, until its block is there', async () => {
    const workspace = await killed();
    const [made = ''] = await vpcs();
    const stopped = await apply(workspace);
    expect(stopped.statuses).toEqual({ '01-network/dev': 'stopped', '02-app/dev': 'not-started' });
    expect(stopped.step.conclusion).toBe('failure');
    const [block = ''] =
      /import \{\n\s*to = aws_vpc\.this\n\s*id = .*\n\s*\}/.exec(stopped.log) ?? [];
    expect(block).toContain(made);
    expect(await vpcs()).toEqual([made]);

    const imports = path.join(workspace, path.dirname(main), 'imports.tf');
    await writeFile(imports, block);
    const adopted = await apply(workspace);
    expect(adopted.statuses).toEqual({ '01-network/dev': 'applied', '02-app/dev': 'applied' });
    expect(await vpcs()).toEqual([made]);
    await rm(imports);
    expect((await apply(workspace)).statuses['01-network/dev']).toBe('unchanged');
    expect((await sidecarKeys(layers.emulator)).filter((key) => !key.endsWith('/applied'))).toEqual(
      [],
    );
  });

  it('is made again only once somebody has said that it is not to be adopted', async () => {
    const workspace = await killed();
    const unknown = await operate(workspace, '01-network/dev', 'forget aws_vpc.other');
    expect(unknown.step.conclusion).toBe('failure');
    expect(said(unknown.step)).toContain('no killed apply has left aws_vpc.other behind');
    const forgotten = await operate(workspace, '01-network/dev', 'forget aws_vpc.this');
    expect(forgotten.step.conclusion).toBe('success');
    expect((await apply(workspace)).statuses['01-network/dev']).toBe('applied');
    expect(await vpcs()).toHaveLength(2);
  });
});

describe('a state that an apply could not write', () => {
  const stateKey = 'dev/app.tfstate';
  const recoveryKey = `${stateKey}.infra/recovery`;
  const main = place('01-app', 'dev');
  const code = (...names: readonly string[]): string =>
    rootModule(
      'dev',
      'app',
      [],
      names.map((name) => `resource "terraform_data" "${name}" {}`).join('\n'),
    );

  interface State {
    readonly serial: number;
    readonly resources: readonly { readonly name: string }[];
  }
  const state = async (): Promise<State> => (await readState(layers.emulator, stateKey)) as State;
  const resources = async (): Promise<readonly string[]> =>
    (await state()).resources.map(({ name }) => name).sort();

  async function versionOfState(): Promise<string> {
    const answer = await s3(layers.emulator, 'HEAD', `${stateBucket}/${stateKey}`);
    return answer.headers.get('etag') ?? '';
  }

  /** The second apply's state lies beside that of the first, as if it could not be written. */
  async function unwritten(): Promise<{ readonly workspace: string; readonly first: State }> {
    const workspace = await writeRepository(layers.emulator, { [main]: code('one') });
    await apply(workspace);
    const first = await state();
    await writeFile(path.join(workspace, main), code('one', 'two'));
    expect((await apply(workspace)).statuses).toEqual({ '01-app/dev': 'applied' });
    const text = JSON.stringify(await state());
    await writeObject(layers.emulator, stateKey, JSON.stringify(first));
    await writeObject(layers.emulator, recoveryKey, text);
    const digest = createHash('sha256').update(text).digest('hex');
    const base = { version: 1, stateVersion: await versionOfState(), digest };
    await writeObject(layers.emulator, `${recoveryKey}-base`, JSON.stringify(base));
    return { workspace, first };
  }

  it('is put back by the next apply, where nothing was written since', async () => {
    const { workspace } = await unwritten();
    const told = await layers.run(workspace, 'plan');
    expect(told.log).toContain('The next apply puts it back');
    expect(await resources()).toEqual(['one']);
    const next = await apply(workspace);
    expect(next.log).toContain('was put back from');
    expect(next.statuses).toEqual({ '01-app/dev': 'unchanged' });
    expect(await resources()).toEqual(['one', 'two']);
    expect(await sidecarKeys(layers.emulator)).toEqual([`${stateKey}.infra/applied`]);
    expect(next.leftBehind).toEqual([]);
  });

  it('stops the next apply and all else where something was, until somebody decides', async () => {
    const { workspace, first } = await unwritten();
    const since = { ...first, serial: first.serial + 9 };
    await writeObject(layers.emulator, stateKey, JSON.stringify(since));
    const stopped = await apply(workspace);
    expect(stopped.statuses).toEqual({ '01-app/dev': 'stopped' });
    expect(stopped.log).toContain('restore recovery');
    expect(await state()).toEqual(since);

    const other = await operate(workspace, '01-app/dev', 'rm terraform_data.one');
    expect(said(other.step)).toContain('holds a state that an earlier apply could not write');
    expect(await state()).toEqual(since);

    const restored = await operate(workspace, '01-app/dev', 'restore recovery');
    expect(restored.log).toContain('terraform_data.two comes with it');
    expect(restored.step.conclusion).toBe('success');
    expect((await state()).serial).toBeGreaterThan(since.serial);
    expect(await resources()).toEqual(['one', 'two']);
    expect(await sidecarKeys(layers.emulator)).not.toContain(recoveryKey);
    expect((await apply(workspace)).statuses).toEqual({ '01-app/dev': 'unchanged' });
  });
});
