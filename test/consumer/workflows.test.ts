import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pullRequestEvent, pushEvent, workflowDispatchEvent } from '../../emulator/runner/index.js';
import { z } from 'zod';
import { bootstrap } from '../../scripts/demo/infra-acts.js';
import { mergePull, openPull, startInfra, type OpenPull } from '../../scripts/demo/pulls.js';
import { openWorld, type World } from '../../scripts/demo/world.js';
import { buildReleaseTree } from '../../scripts/release/tree.js';
import type { ActRun } from '../support/act.js';
import { actRequirement, consumerRuns, legs } from '../support/consumer-runs.js';
import { describeWhere } from '../support/requirement.js';

describeWhere(actRequirement, 'the repositories of a consumer, by the release tree', () => {
  let directory: string;
  let world: World;
  let pull: OpenPull;

  const run = consumerRuns(() => ({
    emulator: world.emulator,
    jobEnvironment: world.jobEnvironment,
    releaseTree: join(directory, 'release-tree'),
    directory,
  }));

  const operate = (
    inputs: Readonly<Record<string, string>> & { readonly environment: string },
  ): Promise<ActRun> =>
    run(
      world.app,
      'operate.yml',
      workflowDispatchEvent({
        repository: world.app.slug,
        sha: world.app.git('rev-parse', 'HEAD'),
        inputs,
      }),
      { environment: inputs.environment },
    );

  /** What the apply of an environment found of each stack's review, in the order of the stacks. */
  const verdicts = ({ jobs }: ActRun, environment: string): readonly string[] => {
    const job = jobs.find(({ matrix }) => matrix['environment'] === environment);
    const review = reviewSchema.parse(JSON.parse(job?.outputs['review'] ?? '[]'));
    return review.map(({ verdict }) => verdict);
  };

  /** Those of the bot on an issue or a pull request. */
  const comments = (issueNumber: number): readonly string[] =>
    world.emulator.github
      .state()
      .repositories.flatMap((repository) => repository.comments)
      .filter((one) => one.issueNumber === issueNumber && one.author === 'github-actions[bot]')
      .map(({ body }) => body);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'consumer-'));
    await buildReleaseTree(join(directory, 'release-tree'));
    world = await openWorld(
      join(directory, 'world'),
      new AbortController().signal,
      () => undefined,
    );
    await bootstrap(world, () => undefined);
    for (const repository of [world.infra, world.app]) {
      repository.git('remote', 'add', 'origin', `https://github.com/${repository.slug}`);
    }
    startInfra(world);
    world.app.commit('Start');
  });

  afterAll(async () => {
    await world.emulator.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('a pull request of the infra monorepo is planned, and gets its one comment', async () => {
    pull = openPull(world, { branch: 'platform', title: 'Build the platform' });
    const result = await run(
      world.infra,
      'plan.yml',
      pullRequestEvent({
        repository: world.infra.slug,
        number: pull.number,
        head: { ref: pull.branch, sha: pull.headSha },
        base: { ref: 'main', sha: pull.baseSha },
        mergeSha: world.infra.git('rev-parse', 'HEAD'),
      }),
    );
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['plan success', 'result success'],
      exitCode: 0,
    });
    expect(comments(pull.number)).toEqual([expect.stringContaining('01-foundation')]);
  });

  it('its merge is applied as reviewed, and stops where no review could see a policy', async () => {
    const sha = mergePull(world, pull);
    const result = await run(
      world.infra,
      'apply.yml',
      pushEvent({ repository: world.infra.slug, before: pull.baseSha, after: sha }),
    );
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: [
        'plan success',
        'apply dev success',
        'apply staging success',
        'apply production failure',
      ],
      exitCode: 1,
    });
    const equivalent = Array.from({ length: 5 }, () => 'equivalent');
    expect(verdicts(result, 'dev')).toEqual(equivalent);
    expect(verdicts(result, 'staging')).toEqual(equivalent);
    expect(verdicts(result, 'production')).toEqual([...equivalent.slice(1), 'different']);
    expect(result.jobs.at(-1)?.summary).toContain('aws_iam_role_policy.task');
    const told = comments(pull.number).filter((body) => body.includes('Terraform apply'));
    expect(told).toHaveLength(3);
  });

  it('a person starts it again, and production alone gets what is left', async () => {
    const result = await run(
      world.infra,
      'apply.yml',
      workflowDispatchEvent({
        repository: world.infra.slug,
        sha: world.infra.git('rev-parse', 'HEAD'),
      }),
    );
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['plan success', 'apply production success'],
      exitCode: 0,
    });
    expect(verdicts(result, 'production')).toEqual(['equivalent']);

    const keys = await keysIn(world, 'shop-terraform-state');
    const states = ['dev', 'production', 'staging'].flatMap((environment) =>
      ['foundation', 'platform', 'service-a', 'service-b', 'shared-services'].map(
        (stack) => `${environment}/aws-${stack}-${environment}.tfstate`,
      ),
    );
    expect(keys.filter((key) => !key.includes('.tfstate.infra/'))).toEqual(states);
    expect(keys.filter((key) => key.endsWith('.infra/applied'))).toEqual(
      states.map((state) => `${state}.infra/applied`),
    );
    expect(await vpcNames(world)).toEqual(
      expect.arrayContaining(['shop-dev', 'shop-production', 'shop-staging']),
    );
    for (const environment of ['dev', 'staging', 'production']) {
      expect(await services(world, environment)).toEqual([
        { serviceName: `shop-service-a-${environment}`, desiredCount: 0 },
        { serviceName: `shop-service-b-${environment}`, desiredCount: 0 },
      ]);
    }
  });

  it('a push to the service builds one image and rolls it out everywhere', async () => {
    const sha = world.app.git('rev-parse', 'HEAD');
    const result = await run(
      world.app,
      'deploy.yml',
      pushEvent({ repository: world.app.slug, after: sha }),
    );
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: [
        'build success',
        'deploy dev success',
        'deploy staging success',
        'deploy production success',
      ],
      exitCode: 0,
    });
    for (const environment of ['dev', 'staging', 'production']) {
      const [serviceA] = await services(world, environment);
      expect(serviceA?.desiredCount).toBeGreaterThan(0);
    }
  });

  it('a person scales the service in production by hand, and the run says what makes it last', async () => {
    const before = await services(world, 'production');
    const result = await operate({
      command: 'scale',
      environment: 'production',
      'desired-count': '+1',
      reason: 'a sale',
      'dry-run': 'false',
    });
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['operate success'],
      exitCode: 0,
    });
    const count = (before[0]?.desiredCount ?? 0) + 1;
    expect(await services(world, 'production')).toMatchObject([
      { serviceName: 'shop-service-a-production', desiredCount: count },
      { desiredCount: 0 },
    ]);
    expect(result.jobs[0]?.summary).toContain('a sale');
  });

  it('a command that there is none of is refused with the names of those that are', async () => {
    const result = await operate({ command: 'explode', environment: 'dev', 'dry-run': 'false' });
    expect(result.exitCode).not.toBe(0);
    expect(result.jobs[0]?.conclusion).toBe('failure');
  });
});

const reviewSchema = z.array(z.object({ verdict: z.string() }));

async function services(
  world: World,
  environment: string,
): Promise<readonly { readonly serviceName: string; readonly desiredCount: number }[]> {
  const cluster = `shop-${environment}`;
  const answer = (await world.emulator.ecs.handle('DescribeServices', {
    cluster,
    services: ['a', 'b'].map((letter) => `shop-service-${letter}-${environment}`),
  })) as { services: readonly { serviceName: string; desiredCount: number }[] };
  return answer.services.map(({ serviceName, desiredCount }) => ({ serviceName, desiredCount }));
}

/** Keys of a bucket; a lock that was left would stand among them. */
async function keysIn(world: World, bucket: string): Promise<readonly string[]> {
  const answer = await askAws(world, 's3', `/${bucket}?list-type=2`);
  return [...answer.matchAll(/<Key>([^<]+)<\/Key>/g)].map((match) => match[1] ?? '').sort();
}

async function vpcNames(world: World): Promise<readonly string[]> {
  const answer = await askAws(world, 'ec2', '/', 'Action=DescribeVpcs&Version=2016-11-15');
  return [...answer.matchAll(/<key>Name<\/key>\s*<value>([^<]+)<\/value>/g)].map(
    (match) => match[1] ?? '',
  );
}

/** A request that names its service as a signed one does; the emulator checks no signature. */
async function askAws(world: World, service: string, path: string, body?: string): Promise<string> {
  const { awsUrl, region } = world.emulator;
  const response = await fetch(`${awsUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    ...(body === undefined ? {} : { body }),
  });
  return response.text();
}
