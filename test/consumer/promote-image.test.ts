import { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { workflowDispatchEvent } from '../../emulator/runner/index.js';
import type { ActRun } from '../support/act.js';
import { createJobRole } from '../support/aws-role.js';
import { actRequirement, legs } from '../support/consumer-runs.js';
import { callerOf, openConsumer, type Consumer } from '../support/consumer.js';
import { tagsOf } from '../support/ecr-push.js';
import { createRepository, ecrOf, pushableImage, registryClient } from '../support/ecr-registry.js';
import { describeWhere } from '../support/requirement.js';

const slug = 'org/service-a';
const name = 'shop/service-a';
const image = pushableImage(['VERSION=1']);
const dev = { accountId: '111111111111', region: 'us-east-1' };
const staging = { accountId: '222222222222', region: 'eu-west-1' };
const production = { accountId: '333333333333', region: 'eu-central-1' };

describeWhere(actRequirement, 'promote-image.yml, started by a person', () => {
  let consumer: Consumer;
  let targets: string;

  beforeAll(async () => {
    consumer = await openConsumer();
    const { aws } = consumer;
    const source = ecrOf(aws, dev);
    const uri = await createRepository(source, name);
    await (await registryClient(source, uri.split('/')[0] ?? '')).push(name, 'sha-1', image);
    // Whoever promotes into an environment of another account reads here.
    await source.send(
      new SetRepositoryPolicyCommand({
        repositoryName: name,
        policyText: JSON.stringify({
          Version: '2012-10-17',
          Statement: [staging, production].map(({ accountId }) => ({
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${accountId}:root` },
            Action: [
              'ecr:BatchGetImage',
              'ecr:GetDownloadUrlForLayer',
              'ecr:ListImageReferrers',
              'ecr:DescribeImages',
            ],
          })),
        }),
      }),
    );
    const roles = await Promise.all(
      Object.entries({ staging, production }).map(async ([environment, account]) => {
        await createRepository(ecrOf(aws, account), name);
        const subject = `repo:${slug}:environment:${environment}`;
        return createJobRole(aws, `${environment}-push`, subject, account.accountId);
      }),
    );
    targets = JSON.stringify([
      { environment: 'staging', 'push-role': roles[0] },
      { environment: 'production', 'push-role': roles[1], 'aws-region': production.region },
    ]);
  });
  afterAll(() => consumer.stop());

  async function promote(inputs: Readonly<Record<string, string | boolean>>): Promise<ActRun> {
    const repository = await consumer.repository(slug, {
      '.github/workflows/promote.yml': callerOf('promote-image', {
        on: { workflow_dispatch: null },
        permissions: { 'id-token': 'write' },
        inputs: {
          source: `${dev.accountId}.dkr.ecr.${dev.region}.amazonaws.com/${name}`,
          digest: image.digest,
          repository: name,
          tags: 'release-1',
          'aws-region': staging.region,
          targets,
          ...inputs,
        },
      }),
    });
    const sha = repository.git('rev-parse', 'HEAD');
    return consumer.run(
      repository,
      'promote.yml',
      workflowDispatchEvent({ repository: slug, sha, inputs: {} }),
    );
  }

  const tagsIn = (account: typeof dev) => tagsOf(consumer.aws, name, account);

  it('says what it would copy, and copies nothing', async () => {
    const result = await promote({ 'dry-run': true });
    expect(legs(result)).toEqual(['promote staging success', 'promote production success']);
    expect(await tagsIn(staging)).toEqual({});
  });

  it('pushes to no account that the caller does not allow', async () => {
    const result = await promote({ 'allowed-account-ids': dev.accountId });
    expect(result.exitCode).toBe(1);
    expect(legs(result)).toContain('promote staging failure');
    expect([await tagsIn(staging), await tagsIn(production)]).toEqual([{}, {}]);
  });

  it('copies one digest into the account and region of each environment, in order', async () => {
    const result = await promote({});
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['promote staging success', 'promote production success'],
      exitCode: 0,
    });
    expect(result.jobs.map(({ outputs }) => outputs['digest'])).toEqual([
      image.digest,
      image.digest,
    ]);
    expect(await tagsIn(staging)).toEqual({ 'release-1': image.digest });
    expect(await tagsIn(production)).toEqual({ 'release-1': image.digest });
  });

  it('refuses a target without an environment, whose reviewers nobody would ask', async () => {
    const result = await promote({ targets: '[{"repository": "shop/service-a"}]' });
    expect(result.exitCode).toBe(1);
    expect(result.jobs.flatMap(({ failedSteps }) => failedSteps)).toEqual([
      'Refuse a target that nobody approves',
    ]);
  });
});
