import { actRequirement, legs } from '../support/consumer-runs.js';
import { openDeployConsumer, type DeployConsumer } from '../support/deploy-consumer.js';
import { namesIn, readService } from '../support/ecs-deploy.js';
import { describeWhere } from '../support/requirement.js';

const develop = 'refs/heads/develop';

/** An image whose container ends at once, as one with a broken setting would. */
const broken = {
  Dockerfile:
    'FROM scratch\nCOPY version.txt /version.txt\nENV EMULATOR_FATE=crash:1:1\nENTRYPOINT ["/server"]\n',
};

describeWhere(actRequirement, 'a service that is deployed and operated by its workflows', () => {
  let consumer: DeployConsumer;

  beforeAll(async () => {
    consumer = await openDeployConsumer();
    const first = await consumer.push(await consumer.service(), develop);
    expect(first.exitCode).toBe(0);
  });
  afterAll(() => consumer.stop());

  const desired = async (): Promise<number | undefined> =>
    (await readService(consumer.aws, namesIn('dev'))).desiredCount;

  it('builds nothing where its tests fail', async () => {
    const before = await consumer.revisions();
    const result = await consumer.push(
      await consumer.service({ 'test-command': 'test -e missing.txt' }),
      develop,
    );
    expect({ legs: [...legs(result)].sort(), exitCode: result.exitCode }).toEqual({
      legs: ['select success', 'test failure'],
      exitCode: 1,
    });
    expect(await consumer.revisions()).toEqual(before);
  });

  it('serves the old image where the new one does not start, and the run says why', async () => {
    const [before] = await consumer.revisions();
    const result = await consumer.push(await consumer.service({}, broken), develop);
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['select success', 'build success', 'deploy dev failure'],
      exitCode: 1,
    });
    expect(result.jobs.at(-1)?.outputs['outcome']).toBe('rolled-back');
    expect((await consumer.revisions())[0]).toBe(before);
  });

  it('is taken back to the release before by a person', async () => {
    const [before] = await consumer.revisions();
    const deployed = await consumer.push(await consumer.service(), develop);
    expect(deployed.exitCode).toBe(0);
    expect((await consumer.revisions())[0]).not.toBe(before);

    const result = await consumer.operate('dev', 'rollback');
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['operate success'],
      exitCode: 0,
    });
    expect((await consumer.revisions())[0]).toBe(before);
  });

  it('is scaled by a person', async () => {
    const before = (await desired()) ?? 0;
    const result = await consumer.operate('dev', 'scale', {
      ...{ 'desired-count': '+1', reason: 'a sale' },
    });
    expect(legs(result)).toEqual(['operate success']);
    expect(await desired()).toBe(before + 1);
  });

  it('is not operated with a role of another environment', async () => {
    const result = await consumer.operate('dev', 'status', {
      'deploy-role': 'arn:aws:iam::123456789012:role/staging-deploy',
    });
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['operate failure'],
      exitCode: 1,
    });
  });
});
