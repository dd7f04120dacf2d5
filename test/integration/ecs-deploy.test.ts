import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { errors } from '../support/annotations.js';
import {
  contractDocument,
  ecsClient,
  makeService,
  names,
  pushServiceImage,
  putContract,
  readRelease,
  readService,
  runDeploy,
} from '../support/ecs-deploy.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 10 });
});
afterAll(() => emulator.stop());

describe('the first deploy of a service', () => {
  let image: Awaited<ReturnType<typeof pushServiceImage>>;

  beforeAll(async () => {
    await emulator.reset();
    await makeService(emulator);
    image = await pushServiceImage(emulator, 'v1');
  });

  it('only prints its steps in a dry run', async () => {
    const step = await runDeploy(emulator, {
      inputs: { image: image.reference, 'dry-run': 'true' },
    });
    expect(step.outputs['outcome']).toBe('dry-run');
    expect(step.log.join('\n')).toContain('update-service to the new revision, desired count 2');
    expect(await emulator.calls()).not.toHaveProperty('ecs.UpdateService');
    expect(await readRelease(emulator)).toBeUndefined();
  });

  it('runs the contract’s count, by digest, and is the current release', async () => {
    const step = await runDeploy(emulator, { inputs: { image: image.reference } });
    expect(errors(step)).toBe('');
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    expect(await readService(emulator)).toMatchObject({
      desiredCount: 2,
      runningCount: 2,
      taskDefinition: step.outputs['task-definition-arn'],
    });
    expect(await readRelease(emulator)).toMatchObject({
      status: 'succeeded',
      images: { app: `${emulator.registryHost}/${names.repository}@${image.digest}` },
      taskDefinition: step.outputs['task-definition-arn'],
      commit: 'c0ffee0000000000000000000000000000000000',
    });
    expect(step.summary).toContain('as asked, by digest');
    expect(step.summary).toContain('```mermaid');
  });
});

describe('a service that runs a release', () => {
  let image: Awaited<ReturnType<typeof pushServiceImage>>;

  beforeAll(async () => {
    await emulator.reset();
    await makeService(emulator);
    image = await pushServiceImage(emulator, 'v1');
    const step = await runDeploy(emulator, { inputs: { image: image.reference } });
    expect(step.outputs['outcome']).toBe('succeeded');
  });

  it('changes nothing the second time', async () => {
    await emulator.control('DELETE', 'calls');
    const step = await runDeploy(emulator, {
      inputs: { 'image-digest': image.digest },
    });
    expect(step.conclusion).toBe('success');
    expect(step.outputs['outcome']).toBe('no-op');
    const calls = await emulator.calls();
    expect(calls).not.toHaveProperty('ecs.RegisterTaskDefinition');
    expect(calls).not.toHaveProperty('ecs.UpdateService');
    expect(calls).not.toHaveProperty('ssm.PutParameter');
  });

  it('is reported by the command status', async () => {
    const step = await runDeploy(emulator, { inputs: { command: 'status' } });
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    expect(step.log.join('\n')).toContain('2 of 2 tasks running');
  });

  it('is rolled out to a service without a contract', async () => {
    const second = await pushServiceImage(emulator, 'v2');
    const step = await runDeploy(emulator, {
      inputs: {
        cluster: names.cluster,
        'service-name': names.serviceName,
        image: second.reference,
      },
    });
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': second.digest });
  });

  it('rolls a crashing image back: the exit code and last log lines are told', async () => {
    const before = await readService(emulator);
    const bad = await pushServiceImage(emulator, 'bad', {
      EMULATOR_FATE: 'crash:3',
      EMULATOR_LOG: 'connecting\\n::error::no such table: orders',
    });
    const step = await runDeploy(emulator, { inputs: { image: bad.reference } });
    expect(step.conclusion).toBe('failure');
    expect(step.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(step.outputs['reason']).toContain('no such table: orders');
    expect(errors(step)).toMatch(/container app exited with code 3.*no such table: orders/);
    expect(step.summary).toContain('no such table: orders');
    expect((await readService(emulator)).taskDefinition).toBe(before.taskDefinition);
    // A log line of the container is text, never a command to the runner.
    expect(step.annotations.map(({ message }) => message)).not.toContain('no such table: orders');
  });

  it('keeps the record of the last good release when one fails', async () => {
    const before = await readRelease(emulator);
    const bad = await pushServiceImage(emulator, 'bad', { EMULATOR_FATE: 'crash:1' });
    await runDeploy(emulator, { inputs: { image: bad.reference } });
    expect(await readRelease(emulator)).toEqual(before);
  });

  it('names an image that cannot be pulled, with the reason', async () => {
    const bad = await pushServiceImage(emulator, 'bad', { EMULATOR_FATE: 'pull-failure' });
    const step = await runDeploy(emulator, { inputs: { image: bad.reference } });
    expect(step.outputs['outcome']).toBe('rolled-back');
    expect(JSON.parse(step.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'image-pull' });
    expect(errors(step)).toContain(bad.digest);
  });

  it('gets the right verdict while AWS throttles every third call', async () => {
    const bad = await pushServiceImage(emulator, 'bad-throttled', { EMULATOR_FATE: 'crash:4' });
    await emulator.addFaults({ kind: 'throttle', service: 'ecs', rate: 0.3 });
    try {
      const step = await runDeploy(emulator, { inputs: { image: bad.reference } });
      expect(step.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '4' });
    } finally {
      await emulator.control('DELETE', 'faults');
    }
  });

  it('is superseded by a deployment that is named', async () => {
    const first = (await readService(emulator)).taskDefinition ?? '';
    const slow = await pushServiceImage(emulator, 'slow', { EMULATOR_FATE: 'slow:120' });
    let replaced: Promise<unknown> | undefined;
    const step = await runDeploy(emulator, {
      inputs: { image: slow.reference },
      onLine: (line) => {
        if (!line.includes('rolling out')) return;
        replaced ??= ecsClient(emulator).send(
          new UpdateServiceCommand({
            cluster: names.cluster,
            service: names.serviceName,
            taskDefinition: first,
          }),
        );
      },
    });
    await replaced;
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('superseded');
    expect(step.outputs['reason']).toContain(first.slice(first.lastIndexOf('/') + 1));
  });

  describe('when the job is cancelled', () => {
    beforeEach(async () => {
      await emulator.control('DELETE', 'calls');
    });

    async function cancelled(tag: string, inputs: Readonly<Record<string, string>>) {
      const slow = await pushServiceImage(emulator, tag, { EMULATOR_FATE: 'slow:600' });
      const controller = new AbortController();
      const step = await runDeploy(emulator, {
        inputs: { image: slow.reference, ...inputs },
        signal: controller.signal,
        onLine: (line) => {
          if (line.includes('rolling out')) controller.abort();
        },
      });
      expect(step.conclusion).toBe('cancelled');
      expect(step.outputs['outcome']).toBe('cancelled');
      expect(step.main?.signalsSent).toEqual(['SIGINT']);
      return step;
    }

    it('leaves the rollout to ECS where that is asked for, and says how to stop it', async () => {
      const step = await cancelled('left', { 'on-cancel': 'leave' });
      expect(step.log.join('\n')).toContain(
        `aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn ${step.outputs['service-deployment-arn'] ?? ''}`,
      );
      expect(await emulator.calls()).not.toHaveProperty('ecs.StopServiceDeployment');
    });

    it('has ECS roll back', async () => {
      await cancelled('taken-back', {});
      expect(await emulator.calls()).toMatchObject({ 'ecs.StopServiceDeployment': 1 });
    });
  });
});

describe('bad input, before anything is touched', () => {
  beforeAll(async () => {
    await emulator.reset();
    await makeService(emulator);
    await pushServiceImage(emulator, 'v1');
  });
  afterEach(async () => {
    const calls = await emulator.calls();
    expect(calls).not.toHaveProperty('ecs.UpdateService');
    expect(await readRelease(emulator)).toBeUndefined();
  });

  async function refused(
    inputs: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ): Promise<string> {
    const step = await runDeploy(emulator, { inputs, ...(env === undefined ? {} : { env }) });
    expect(step.conclusion).toBe('failure');
    return errors(step);
  }

  it('an unknown command, with what there is', async () => {
    expect(await refused({ command: 'deploi', image: 'a/b:c' })).toMatch(
      /"deploi" is none of deploy, .*status.*did you mean "deploy"/,
    );
  });

  it('several problems at once', async () => {
    const message = await refused({ image: 'NOT AN IMAGE', 'timeout-minutes': '0', wait: 'maybe' });
    expect(message).toContain('3 problems');
  });

  it('no credentials', async () => {
    const { AWS_ENDPOINT_URL = '', AWS_REGION = '' } = emulator.environment;
    const env = { AWS_ENDPOINT_URL, AWS_REGION, AWS_EC2_METADATA_DISABLED: 'true' };
    expect(await refused({ image: 'a/b:c' }, env)).toContain('no AWS credentials');
  });

  it('OIDC without id-token: write', async () => {
    const role = 'arn:aws:iam::123456789012:role/shop-dev-deploy';
    expect(await refused({ image: 'a/b:c', 'role-to-assume': role })).toContain('id-token: write');
  });

  it('a contract that is not there, with what would make it', async () => {
    const message = await refused({ image: 'a/b:c', service: 'nope' });
    expect(message).toContain('/dev/shop/nope/deploy');
    expect(message).toContain('terraform/modules/ssm-contract');
  });

  it('a malformed contract, with every problem', async () => {
    const broken = { ...contractDocument(), cluster: 7, desiredCount: -1, strategy: 'yolo' };
    await putContract(emulator, JSON.stringify(broken));
    const message = await refused({ image: 'a/b:c' });
    await putContract(emulator, JSON.stringify(contractDocument()));
    for (const part of ['3 problems', 'cluster', 'desiredCount', 'strategy']) {
      expect(message).toContain(part);
    }
  });

  it('an image that is not there, with the newest tags', async () => {
    const image = `${emulator.registryHost}/${names.repository}:v2`;
    const message = await refused({ image });
    expect(message).toContain('repository shop/web has no image with tag "v2"');
    expect(message).toContain('newest tags: v1');
  });

  it('a service that is not there, with the services of the cluster', async () => {
    const message = await refused({
      cluster: names.cluster,
      'service-name': 'shop-wbe-dev',
      image: 'a/b:c',
    });
    expect(message).toContain(`no ECS service "shop-wbe-dev" in cluster "${names.cluster}"`);
    expect(message).toContain(`did you mean "${names.serviceName}"`);
  });

  it('a cluster that is not there, with the clusters there are', async () => {
    const message = await refused({ cluster: 'prod', 'service-name': 'web', image: 'a/b:c' });
    expect(message).toContain('no ECS cluster "prod"');
    expect(message).toContain(names.cluster);
  });

  it('a container that is not in the task definition, with those that are', async () => {
    const image = `${emulator.registryHost}/${names.repository}:v1`;
    const message = await refused({ image, container: 'ap' });
    expect(message).toContain('has no container "ap"');
    expect(message).toContain('containers: app');
  });

  it('credentials of another account', async () => {
    expect(await refused({ image: 'a/b:c', 'allowed-account-ids': '999999999999' })).toContain(
      'account 123456789012',
    );
  });
});
