/**
 * The trust of the apply roles, made by real Terraform and judged by the emulator's STS.
 *
 * Needs `terraform` on the PATH and the AWS provider within reach.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { execa } from 'execa';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import {
  clientEnvironment,
  sdkConfig,
  startTestEmulator,
  type TestEmulator,
} from '../support/emulator.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

const root = path.resolve(import.meta.dirname, '../..');
const repository = 'org/shop-infrastructure';
const released = 'org/infra-actions/.github/workflows/terraform-apply-waves.yml@refs/tags/v1';

function terraformOnPath(): Requirement {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return { met: true };
  } catch {
    return { met: false, reason: 'terraform on the PATH' };
  }
}

describeWhere(terraformOnPath(), 'an apply role that trusts the legs of an environment', () => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    emulator = await startTestEmulator();
    const directory = mkdtempSync(path.join(emulator.directory, 'bootstrap-'));
    cpSync(path.join(root, 'terraform/bootstrap'), directory, {
      recursive: true,
      filter: (source) => path.basename(source) !== '.terraform',
    });
    writeFileSync(
      path.join(directory, 'waves.auto.tfvars.json'),
      JSON.stringify({
        ...{ project: 'shop', region: emulator.region, environments: ['dev', 'production'] },
        github: {
          infrastructure_repository: {
            name: repository,
            owner_id: '123456',
            repository_id: '456789',
          },
        },
        waves_workflow_refs: [released],
      }),
    );
    const env = {
      ...clientEnvironment(emulator),
      ...(await terraformEnvironment()),
      ...{ TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' },
    };
    for (const args of [['init'], ['apply', '-auto-approve']]) {
      await execa('terraform', args, { cwd: directory, env, extendEnv: false });
    }
  });
  afterAll(() => emulator.stop());

  /** Whether a job with these claims may take the apply role of production. */
  async function mayApply(claims: Readonly<Record<string, string>>): Promise<boolean> {
    const { requestToken, requestUrl } = (await emulator.githubControl('POST', 'oidc-jobs', {
      ...{ repository, jobWorkflowRef: released, environment: 'production-waves' },
      ...claims,
    })) as { readonly requestToken: string; readonly requestUrl: string };
    const answer = await fetch(`${requestUrl}&audience=sts.amazonaws.com`, {
      headers: { authorization: `Bearer ${requestToken}` },
    });
    const { value } = (await answer.json()) as { readonly value: string };
    try {
      await new STSClient(sdkConfig(emulator)).send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: 'arn:aws:iam::123456789012:role/shop-production-apply',
          ...{ RoleSessionName: 'leg', WebIdentityToken: value },
        }),
      );
      return true;
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'AccessDenied') return false;
      throw thrown;
    }
  }

  it('lets a leg of the released workflow in, in either form of the subject', async () => {
    expect(await mayApply({})).toBe(true);
    expect(await mayApply({ subjectFormat: 'immutable' })).toBe(true);
  });

  it('lets a job in that names the environment itself, as before', async () => {
    const jobWorkflowRef = released.replace('-waves', '');
    expect(await mayApply({ environment: 'production', jobWorkflowRef })).toBe(true);
  });

  it.each([
    ['another workflow', { jobWorkflowRef: released.replace('-waves.yml', '.yml') }],
    [
      'a workflow of its own',
      { jobWorkflowRef: `${repository}/.github/workflows/x.yml@refs/heads/main` },
    ],
    ['that workflow at another ref', { jobWorkflowRef: released.replace('tags/v1', 'heads/main') }],
    ['the legs of another environment', { environment: 'dev-waves' }],
    ['the legs of that name in another case', { environment: 'Production-Waves' }],
    ['another branch', { ref: 'refs/heads/topic' }],
    ['another repository of that name', { repositoryId: '1' }],
    ['another repository', { repository: 'org/other' }],
  ])('keeps %s out', async (_name, claims) => {
    expect(await mayApply(claims)).toBe(false);
  });
});
