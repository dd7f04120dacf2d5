import { spawnSync } from 'node:child_process';
import { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { createGithubRole, createJobRole } from '../support/aws-role.js';
import { actRequirement, legs } from '../support/consumer-runs.js';
import {
  openDeployConsumer,
  roleOf,
  subjectOf,
  type DeployConsumer,
} from '../support/deploy-consumer.js';
import { tagsOf } from '../support/ecr-push.js';
import { createRepository, ecrOf } from '../support/ecr-registry.js';
import { namesIn, readService, ecsClient } from '../support/ecs-deploy.js';
import { describeWhere, type Requirement } from '../support/requirement.js';
import { s3 } from '../support/terraform-repository.js';

const develop = 'refs/heads/develop';
const bucket = 'shop-artifacts-dev';

/** The artifacts go to S3 by the AWS CLI, which GitHub's runners have. */
const cliRequirement: Requirement =
  spawnSync('aws', ['--version']).status === 0 && spawnSync('jq', ['--version']).status === 0
    ? actRequirement
    : { met: false, reason: 'the AWS CLI and jq' };

describeWhere(cliRequirement, 'where deploy-service.yml takes a service to', () => {
  let consumer: DeployConsumer;

  beforeAll(async () => {
    consumer = await openDeployConsumer();
    await s3(consumer.aws, 'PUT', bucket);
    await createGithubRole(consumer.aws, 'dev-artifacts', subjectOf('environment:dev'));
  });
  afterAll(() => consumer.stop());

  describe('artifacts', () => {
    const artifacts = {
      'artifacts-path': 'build/dags',
      'artifacts-url': 's3://shop-artifacts-{0}/dags/web',
      'artifacts-role': roleOf('{0}-artifacts'),
    };
    // Of the job that makes them: it must not be able to ask for a token of AWS.
    const command = [
      'mkdir -p build/dags/hourly',
      'cp version.txt build/dags/hourly/version.txt',
      'env | grep -c "^AWS_.*\\(KEY\\|TOKEN\\)" > build/dags/credentials.txt || true',
    ].join('\n');

    const keys = async (): Promise<readonly string[]> => {
      const text = await (await s3(consumer.aws, 'GET', `${bucket}?list-type=2`)).text();
      return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map((match) => match[1] ?? '').sort();
    };
    const read = async (key: string): Promise<string> =>
      (await s3(consumer.aws, 'GET', `${bucket}/${key}`)).text();

    it('are made without access to AWS, and are in S3 after the rollout', async () => {
      const repository = await consumer.service({ ...artifacts, 'artifacts-command': command });
      const result = await consumer.push(repository, develop);
      expect({ legs: [...legs(result)].sort(), exitCode: result.exitCode }).toEqual({
        legs: ['artifacts success', 'build success', 'deploy dev success', 'select success'],
        exitCode: 0,
      });
      expect(await keys()).toEqual(['dags/web/credentials.txt', 'dags/web/hourly/version.txt']);
      expect(await read('dags/web/credentials.txt')).toBe('0\n');
      const version = repository.git('show', 'HEAD:version.txt');
      expect((await read('dags/web/hourly/version.txt')).trim()).toBe(version);
    });

    it('take the place of those before, also where their size is the same', async () => {
      await s3(consumer.aws, 'PUT', `${bucket}/dags/other/kept.txt`, 'of another service');
      const files = { 'build/dags/hourly/version.txt': 'x\n' };
      const deleting = { ...artifacts, 'artifacts-delete': true };
      const result = await consumer.push(await consumer.service(deleting, files), develop);
      expect(result.exitCode).toBe(0);
      expect(await keys()).toEqual(['dags/other/kept.txt', 'dags/web/hourly/version.txt']);
      expect(await read('dags/web/hourly/version.txt')).toBe('x\n');
    });

    it('stay as they are where the rollout fails', async () => {
      const before = await read('dags/web/hourly/version.txt');
      const repository = await consumer.service(artifacts, {
        'build/dags/hourly/version.txt': 'never\n',
        Dockerfile:
          'FROM scratch\nCOPY version.txt /version.txt\nENV EMULATOR_FATE=crash:1:1\nENTRYPOINT ["/server"]\n',
      });
      const result = await consumer.push(repository, develop);
      expect(legs(result)).toContain('deploy dev failure');
      expect(await read('dags/web/hourly/version.txt')).toBe(before);
    });

    it('that would belong to a whole bucket are refused before anything is built', async () => {
      const repository = await consumer.service(
        { ...artifacts, 'artifacts-url': 's3://shop-artifacts-{0}' },
        { 'build/dags/a.txt': 'a\n' },
      );
      const result = await consumer.push(repository, develop);
      expect(result.exitCode).toBe(1);
      expect(legs(result)).toContain('artifacts failure');
      expect(legs(result).filter((leg) => leg.startsWith('deploy'))).toEqual([]);
    });
  });

  it('the account of an environment gets the same digest before the rollout', async () => {
    const { aws } = consumer;
    const build = { accountId: '111111111111', region: 'eu-west-1' };
    await createRepository(ecrOf(aws, build), 'shop/web');
    await ecrOf(aws, build).send(
      new SetRepositoryPolicyCommand({
        repositoryName: 'shop/web',
        policyText: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: 'arn:aws:iam::123456789012:root' },
              Action: [
                'ecr:BatchGetImage',
                'ecr:DescribeImages',
                'ecr:GetDownloadUrlForLayer',
                'ecr:ListImageReferrers',
              ],
            },
          ],
        }),
      }),
    );
    const subject = `repo:${consumer.slug}:ref:refs/heads/develop`;
    const pushRole = await createJobRole(aws, 'push', subject, build.accountId);
    await createGithubRole(aws, 'dev-push', subjectOf('environment:dev'));
    const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const result = await consumer.push(
      await consumer.service({
        'push-role': pushRole,
        accounts: JSON.stringify({ dev: { registry, 'push-role': roleOf('dev-push') } }),
      }),
      develop,
    );
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['select success', 'build success', 'deploy dev success'],
      exitCode: 0,
    });
    const built = result.jobs.find(({ id }) => id.endsWith('build'));
    const { digest = '', tag = '' } = built?.outputs ?? {};
    expect(await tagsOf(aws, 'shop/web', build)).toEqual({ [tag]: digest });
    expect(await tagsOf(aws, 'shop/web')).toMatchObject({ [tag]: digest });
    const { taskDefinition } = await readService(aws, namesIn('dev'));
    expect(await imageOf(taskDefinition)).toBe(`${registry}/shop/web@${digest}`);
  });

  async function imageOf(taskDefinition: string | undefined): Promise<string | undefined> {
    const answer = await ecsClient(consumer.aws).send(
      new DescribeTaskDefinitionCommand({ taskDefinition }),
    );
    return answer.taskDefinition?.containerDefinitions?.[0]?.image;
  }
});
