/**
 * The bricks of `terraform/modules` that stand alone, on the emulator with real Terraform and the AWS
 * provider: applied, planned again, and destroyed.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import {
  clientEnvironment,
  sdkConfig,
  startTestEmulator,
  type TestEmulator,
} from '../support/emulator.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PASSWORDS = ['/dev/shop/postgres_password', '/dev/shop/backend/pg_database_password'];

function terraformOnPath(): Requirement {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return { met: true };
  } catch {
    return { met: false, reason: 'terraform on the PATH' };
  }
}

describeWhere(terraformOnPath(), 'the modules that stand alone', () => {
  let test: TestEmulator;
  let directory: string;
  let environment: Record<string, string | undefined>;
  let ssm: SSMClient;

  beforeAll(async () => {
    test = await startTestEmulator();
    directory = path.join(test.directory, 'root');
    cpSync(path.join(ROOT, 'test/support/fixtures/terraform-modules'), directory, {
      recursive: true,
    });
    cpSync(path.join(ROOT, 'terraform/modules'), path.join(directory, 'modules'), {
      recursive: true,
    });
    cpSync(
      path.join(ROOT, 'terraform/bootstrap/.terraform.lock.hcl'),
      path.join(directory, '.terraform.lock.hcl'),
    );
    environment = {
      ...clientEnvironment(test),
      ...(await terraformEnvironment()),
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
      GOGC: 'off',
      GOMEMLIMIT: '1200MiB',
    };
    ssm = new SSMClient(sdkConfig(test));
  });
  afterAll(async () => {
    await test.stop();
  });

  /** Throws with what Terraform printed unless it exits with `expected`. */
  async function terraform(args: readonly string[], expected = 0): Promise<string> {
    const { exitCode, all } = await execa('terraform', [...args, '-no-color'], {
      cwd: directory,
      env: environment,
      extendEnv: false,
      all: true,
      reject: false,
    });
    if (exitCode !== expected) throw new Error(`terraform ${args.join(' ')}: ${exitCode}\n${all}`);
    return all;
  }

  async function passwords(): Promise<readonly string[]> {
    const { Parameters = [] } = await ssm.send(
      new GetParametersCommand({ Names: PASSWORDS, WithDecryption: true }),
    );
    return Parameters.map(({ Value = '' }) => Value);
  }

  it('are applied, and planned again without a change', async () => {
    await terraform(['init', '-lockfile=readonly']);
    await terraform(['apply', '-auto-approve']);
    expect(await terraform(['plan', '-detailed-exitcode', '-out=again.tfplan'])).toContain(
      'No changes',
    );
  }, 600_000);

  it('keep the password of the database out of state and plan, and in both parameters', async () => {
    const [first = '', second] = await passwords();
    expect(first).toHaveLength(40);
    expect(second).toBe(first);
    expect(readFileSync(path.join(directory, 'terraform.tfstate'), 'utf8')).not.toContain(first);
    expect(await terraform(['show', '-json', 'again.tfplan'])).not.toContain(first);
  }, 60_000);

  it('make a new password when its version is raised, and only then', async () => {
    const [before = ''] = await passwords();
    await terraform(['apply', '-auto-approve', '-var=password_version=2']);
    const [first = '', second] = await passwords();
    expect(first).not.toBe(before);
    expect(second).toBe(first);
  }, 300_000);

  it('are destroyed without a rest', async () => {
    await terraform(['destroy', '-auto-approve', '-var=password_version=2']);
    expect(await terraform(['state', 'list'])).toBe('');
  }, 600_000);
});
