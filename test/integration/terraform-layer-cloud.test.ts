import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { hcpToken, startHcp, type FakeHcp, type FakeWorkspace } from '../support/hcp-terraform.js';
import { terraformFixture } from '../support/terraform.js';
import {
  place,
  runLayer,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

let emulator: TestEmulator;
let hcp: FakeHcp;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
afterEach(() => hcp.close());

function stack(type: 'cloud' | 'remote', name: string): string {
  const body = `hostname     = "${hcp.host}"
    organization = "acme"
    workspaces {
      name = "${name}"
    }`;
  const block =
    type === 'cloud' ? `cloud {\n    ${body}\n  }` : `backend "remote" {\n    ${body}\n  }`;
  return `terraform {\n  ${block}\n}\nresource "terraform_data" "x" {\n  input = "${name}"\n}\n`;
}

async function workspaceOf(stacks: Readonly<Record<string, 'cloud' | 'remote'>>): Promise<string> {
  return writeRepository(emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
    ...Object.fromEntries(
      Object.entries(stacks).map(([name, type]) => [place(name, 'dev'), stack(type, name)]),
    ),
  });
}

async function run(workspace: string, command: string, token = hcpToken): Promise<LayerStep> {
  const config = path.join(emulator.directory, 'terraform.rc');
  await writeFile(config, `credentials "${hcp.host}" {\n  token = "${token}"\n}\n`);
  return runLayer(emulator, {
    workspace,
    inputs: { command, environment: 'dev', retries: '0' },
    env: {
      TF_CLI_CONFIG_FILE: config,
      // Terraform trusts this certificate alone, Node this one too.
      SSL_CERT_FILE: hcp.certificate,
      NODE_EXTRA_CA_CERTS: hcp.certificate,
    },
  });
}

async function start(workspaces: Readonly<Record<string, FakeWorkspace>>): Promise<void> {
  hcp = await startHcp(emulator.directory, workspaces);
}

describe('a stack in HCP Terraform', () => {
  it.each(['cloud', 'remote'] as const)(
    'with local execution and a "%s" block is planned and applied here',
    async (type) => {
      await start({ '01-base': { executionMode: 'local' } });
      const workspace = await workspaceOf({ '01-base': type });
      const planned = await run(workspace, 'plan');
      expect(hcp.unknown).toEqual([]);
      expect(planned.statuses).toEqual({ '01-base/dev': 'changes' });
      expect(hcp.states.size).toBe(0);
      const applied = await run(workspace, 'apply');
      expect(hcp.unknown).toEqual([]);
      expect(applied.statuses).toEqual({ '01-base/dev': 'applied' });
      expect(hcp.states.get('01-base')).toMatchObject({
        resources: [{ type: 'terraform_data', name: 'x' }],
      });
      expect((await run(workspace, 'plan')).statuses).toEqual({ '01-base/dev': 'unchanged' });
      expect(applied.log).not.toContain(hcpToken);
    },
  );

  it('with remote execution and a "cloud" block is planned there, and that very run confirmed', async () => {
    const plan: unknown = JSON.parse(terraformFixture('create.json'));
    await start({ '01-base': { executionMode: 'remote', plan } });
    const workspace = await workspaceOf({ '01-base': 'cloud' });
    const planned = await run(workspace, 'plan');
    expect(hcp.unknown).toEqual([]);
    expect(planned.statuses).toEqual({ '01-base/dev': 'changes' });
    expect(planned.log).toContain('said over there');
    // Nobody may confirm over there what was only shown here.
    expect(hcp.writes.filter((write) => write.includes('runs'))).toEqual([
      'POST runs',
      'POST runs/run-1/actions/discard',
    ]);
    hcp.writes.length = 0;
    const applied = await run(workspace, 'apply');
    expect(hcp.unknown).toEqual([]);
    expect(applied.statuses).toEqual({ '01-base/dev': 'applied' });
    expect(hcp.writes.filter((write) => write.includes('runs'))).toEqual([
      'POST runs',
      'POST runs/run-2/actions/apply',
    ]);
  });

  it('that could not be reviewed and then applied is refused before anything runs', async () => {
    await start({
      '01-old': { executionMode: 'remote' },
      '02-vcs': { executionMode: 'remote', hasVcsConnection: true },
    });
    const workspace = await workspaceOf({ '01-old': 'remote', '02-vcs': 'cloud' });
    const { step } = await run(workspace, 'plan');
    expect(step.conclusion).toBe('failure');
    expect(step.annotations.map(({ file, line }) => [file, line]).slice(0, 2)).toEqual([
      [place('01-old', 'dev'), 2],
      [place('02-vcs', 'dev'), 2],
    ]);
    expect(hcp.writes).toEqual([]);
  });
});
