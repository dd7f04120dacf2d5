/**
 * The example repository on the emulator, with real Terraform and the AWS provider: bootstrap, then
 * the five stacks of dev in dependency order, a second plan of each, a release, and the way back.
 *
 * Needs `terraform` on the PATH and the AWS provider within reach.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { BatchDeleteImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
} from '@aws-sdk/client-ecs';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';

import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import { errors } from '../support/annotations.js';
import { pushableImage, registryClient } from '../support/ecr-registry.js';
import {
  clientEnvironment,
  sdkConfig,
  startTestEmulator,
  type TestEmulator,
} from '../support/emulator.js';
import { describeWhere, type Requirement } from '../support/requirement.js';
import { ownAction, runStep } from '../support/runner.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FOUNDATION = 'layers/01-foundation/environments/dev';
const PLATFORM = 'layers/02-platform/environments/dev';
const SHARED = 'layers/03-shared-services/environments/dev';
const SERVICE_A = 'layers/04-applications/service-a/environments/dev';
const SERVICE_B = 'layers/04-applications/service-b/environments/dev';
/** Stacks that depend only on those of earlier rows. */
const WAVES = [[FOUNDATION], [PLATFORM, SHARED], [SERVICE_B], [SERVICE_A]];

function terraformOnPath(): Requirement {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return { met: true };
  } catch {
    return { met: false, reason: 'terraform on the PATH' };
  }
}

interface Finished {
  readonly exitCode: number;
  readonly output: string;
}

describeWhere(terraformOnPath(), 'the layered example, in dev', () => {
  let test: TestEmulator;
  let repository: string;
  let environment: Record<string, string | undefined>;
  let ecs: ECSClient;
  let ssm: SSMClient;

  beforeAll(async () => {
    test = await startTestEmulator();
    repository = path.join(test.directory, 'shop-infrastructure');
    cpSync(path.join(ROOT, 'examples/layered-monorepo'), repository, {
      recursive: true,
      filter: (source) => path.basename(source) !== '.terraform',
    });
    environment = {
      ...clientEnvironment(test),
      ...(await terraformEnvironment()),
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
      // Most of a plan's CPU time is Go's garbage collector at work on the provider's schemas.
      GOGC: 'off',
      GOMEMLIMIT: '1200MiB',
    };
    ecs = new ECSClient(sdkConfig(test));
    ssm = new SSMClient(sdkConfig(test));
  });
  afterAll(async () => {
    await test.stop();
  });

  async function terraform(directory: string, ...args: string[]): Promise<Finished> {
    const { exitCode, all } = await execa('terraform', [...args, '-no-color'], {
      cwd: path.join(repository, directory),
      env: environment,
      extendEnv: false,
      all: true,
      reject: false,
    });
    return { exitCode: exitCode ?? -1, output: all };
  }

  async function succeed(directory: string, ...args: string[]): Promise<string> {
    const { exitCode, output } = await terraform(directory, ...args);
    if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} in ${directory}:\n${output}`);
    return output;
  }

  async function apply(directory: string): Promise<void> {
    await succeed(directory, 'init', '-lockfile=readonly');
    await succeed(directory, 'apply', '-auto-approve');
  }

  async function outputs(directory: string): Promise<Record<string, unknown>> {
    const { stdout } = await execa('terraform', ['output', '-json'], {
      cwd: path.join(repository, directory),
      env: environment,
      extendEnv: false,
    });
    const values = JSON.parse(stdout) as Record<string, { value: unknown }>;
    return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  }

  /** Lines of a plan that name a resource or an attribute to change; empty where nothing is. */
  async function plannedChanges(directory: string): Promise<string[]> {
    const { exitCode, output } = await terraform(
      directory,
      'plan',
      '-detailed-exitcode',
      '-lock=false',
    );
    if (exitCode === 0) return [];
    return exitCode === 2
      ? output.split('\n').filter((line) => /^ +([#~+-]|-\/\+) /.test(line))
      : [output];
  }

  it('makes the state bucket and the roles, and refuses to destroy the bucket', async () => {
    const id = (repository: string, repositoryId: string) => ({
      name: `org/${repository}`,
      owner_id: '123456',
      repository_id: repositoryId,
    });
    writeFileSync(
      path.join(repository, 'bootstrap/ids.auto.tfvars.json'),
      JSON.stringify({
        github: {
          infrastructure_repository: id('shop-infrastructure', '22'),
          application_repositories: [id('service-a', '33')],
        },
      }),
    );
    await apply('bootstrap');
    expect(await plannedChanges('bootstrap')).toEqual([]);
    expect(await outputs('bootstrap')).toMatchObject({
      state_bucket: 'shop-terraform-state',
      role_arns: { dev: { apply: 'arn:aws:iam::123456789012:role/shop-dev-apply' } },
    });
    const { exitCode, output } = await terraform('bootstrap', 'plan', '-destroy');
    expect(exitCode).toBe(1);
    expect(output).toContain('aws_s3_bucket.state');
  });

  describe('the roles', () => {
    const infrastructure = { repository: 'org/shop-infrastructure', repositoryId: '22' };
    const application = { repository: 'org/service-a', repositoryId: '33' };
    const dev = { environment: 'dev' };
    const pull = { ref: 'refs/pull/7/merge', eventName: 'pull_request' };
    const branch = { ref: 'refs/heads/feature' };
    const queue = { ref: 'refs/heads/gh-readonly-queue/main/pr-7-abc', eventName: 'merge_group' };
    const immutable = { subjectFormat: 'immutable' };

    async function outcome(role: string, claims: Record<string, string>): Promise<string> {
      const { requestToken, requestUrl } = (await test.githubControl(
        'POST',
        'oidc-jobs',
        claims,
      )) as {
        requestToken: string;
        requestUrl: string;
      };
      const answer = await fetch(`${requestUrl}&audience=sts.amazonaws.com`, {
        headers: { authorization: `Bearer ${requestToken}` },
      });
      const { value } = (await answer.json()) as { value: string };
      const sts = new STSClient(sdkConfig(test));
      return sts
        .send(
          new AssumeRoleWithWebIdentityCommand({
            RoleArn: `arn:aws:iam::123456789012:role/shop-${role}`,
            RoleSessionName: 'test',
            WebIdentityToken: value,
          }),
        )
        .then(
          () => 'admitted',
          (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
        );
    }

    it.each([
      ['plan: a pull request', 'dev-plan', { ...infrastructure, ...pull }],
      ['plan: the default branch', 'dev-plan', infrastructure],
      ['plan: the merge queue', 'dev-plan', { ...infrastructure, ...queue }],
      ['plan: a subject with ids', 'dev-plan', { ...infrastructure, ...pull, ...immutable }],
      ['apply: its environment', 'dev-apply', { ...infrastructure, ...dev }],
      ['apply: a subject with ids', 'dev-apply', { ...infrastructure, ...dev, ...immutable }],
      ['deploy: its environment', 'dev-deploy', { ...application, ...dev }],
      ['push: the default branch', 'dev-push', application],
    ])('admit %s', async (_, role, claims) => {
      expect(await outcome(role, claims)).toBe('admitted');
    });

    it.each([
      ['plan: another branch', 'dev-plan', { ...infrastructure, ...branch }],
      ['plan: another repository', 'dev-plan', { ...application, ...pull }],
      [
        'plan: a repository that took over the name',
        'dev-plan',
        { ...infrastructure, repositoryId: '99' },
      ],
      ['apply: the default branch without an environment', 'dev-apply', infrastructure],
      ['apply: another environment', 'production-apply', { ...infrastructure, ...dev }],
      [
        'apply: its environment on another branch',
        'dev-apply',
        { ...infrastructure, ...dev, ...branch },
      ],
      ['apply: a pull request', 'dev-apply', { ...infrastructure, ...pull }],
      ['deploy: the infrastructure repository', 'dev-deploy', { ...infrastructure, ...dev }],
      ['deploy: the default branch without an environment', 'dev-deploy', application],
      ['push: a pull request', 'dev-push', { ...application, ...pull }],
    ])('refuse %s', async (_, role, claims) => {
      expect(await outcome(role, claims)).toBe('AccessDenied');
    });
  });

  it('applies every layer in dependency order', async () => {
    for (const wave of WAVES) await Promise.all(wave.map(apply));

    const [a, b] = [await outputs(SERVICE_A), await outputs(SERVICE_B)];
    expect(a).toMatchObject({
      service_name: 'shop-service-a-dev',
      service_url: 'http://service-a.dev.shop.internal:8080',
      contract_parameter_name: '/dev/shop/service-a/deploy',
    });
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: 'shop-service-a-dev-template' }),
    );
    expect(taskDefinition?.containerDefinitions?.[0]?.environment).toEqual(
      expect.arrayContaining([
        { name: 'SERVICE_B_URL', value: b['service_url'] },
        { name: 'SERVICE_B_DISCOVERY', value: b['service_discovery_arn'] },
      ]),
    );
  });

  it('has nothing left to change', async () => {
    const stacks = WAVES.flat();
    const changes: string[] = [];
    const planNext = async (): Promise<void> => {
      for (let next = stacks.shift(); next !== undefined; next = stacks.shift()) {
        const directory = next;
        changes.push(...(await plannedChanges(directory)).map((line) => `${directory}: ${line}`));
      }
    };
    await Promise.all([planNext(), planNext()]);
    expect(changes).toEqual([]);
  });

  it('writes a contract that the schema accepts and that names what is there', async () => {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: '/dev/shop/service-a/deploy' }),
    );
    const contract = JSON.parse(Parameter?.Value ?? '') as Record<string, unknown>;
    const schema = JSON.parse(
      readFileSync(path.join(ROOT, 'terraform/modules/ssm-contract/schema.json'), 'utf8'),
    ) as Record<string, unknown>;
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    validate(contract);
    expect(validate.errors ?? []).toEqual([]);

    const foundation = await outputs(FOUNDATION);
    expect(contract).toMatchObject({
      cluster: 'shop-dev',
      serviceName: 'shop-service-a-dev',
      repository: 'shop/service-a',
      securityGroups: [foundation['security_group_app']],
    });
  });

  it('keeps an unreleased service at no tasks, and gives a released one its count', async () => {
    const desiredCount = async (): Promise<number | undefined> => {
      const { services } = await ecs.send(
        new DescribeServicesCommand({ cluster: 'shop-dev', services: ['shop-service-b-dev'] }),
      );
      return services?.[0]?.desiredCount;
    };
    expect(await desiredCount()).toBe(0);

    const release = { Name: '/dev/shop/service-b/release/current' };
    await ssm.send(
      new PutParameterCommand({ ...release, Type: 'String', Value: '{"status":"starting"}' }),
    );
    try {
      const changes = await plannedChanges(SERVICE_B);
      expect(changes.filter((line) => line.includes('->'))).toEqual([
        expect.stringMatching(/desired_count += 0 -> 1$/),
      ]);
    } finally {
      await ssm.send(new DeleteParameterCommand(release));
    }
  });

  it('keeps a service at no tasks whose first release has failed', async () => {
    await test.control('POST', 'clock', { speed: 20 });
    const ecr = new ECRClient(sdkConfig(test));
    const registry = await registryClient(ecr, test.registryHost);
    const image = pushableImage(['EMULATOR_FATE=crash:3'], { content: 'bad' });
    expect((await registry.push('shop/service-b', 'bad', image)).ok).toBe(true);

    const step = await runStep({
      workspace: mkdtempSync(path.join(realpathSync(test.directory), 'workspace-')),
      actionDirectory: ownAction('ecs-deploy'),
      env: test.environment,
      inputs: {
        ...{ project: 'shop', environment: 'dev', service: 'service-b' },
        ...{ image: `${test.registryHost}/shop/service-b:bad`, 'poll-interval-seconds': '0.2' },
      },
    });
    expect(errors(step)).toContain('its desired count is 0 again');
    expect(step.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(await plannedChanges(SERVICE_B)).toEqual([]);
    // A repository that holds an image cannot be destroyed.
    await ecr.send(
      new BatchDeleteImageCommand({
        repositoryName: 'shop/service-b',
        imageIds: [{ imageDigest: image.digest }],
      }),
    );
  });

  it('destroys every layer in reverse order', async () => {
    for (const wave of [...WAVES].reverse()) {
      await Promise.all(
        wave.map((directory) => succeed(directory, 'destroy', '-auto-approve', '-refresh=false')),
      );
    }
    const { services } = await ecs
      .send(new DescribeServicesCommand({ cluster: 'shop-dev', services: ['shop-service-a-dev'] }))
      .catch(() => ({ services: [] }));
    expect(services?.filter(({ status }) => status === 'ACTIVE')).toEqual([]);
  });
});
