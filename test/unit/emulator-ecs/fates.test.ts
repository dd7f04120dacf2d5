import { fateOf, logLinesOf, parseFate } from '../../../emulator/ecs/fates.js';
import { ecsFixture, REGISTRY } from '../../support/ecs-emulator.js';

const outside = { kind: 'unknown-registry' } as const;

describe('EMULATOR_FATE', () => {
  it.each([
    ['healthy', { kind: 'healthy' }],
    ['crash', { kind: 'crash', exitCode: 1 }],
    ['crash:137', { kind: 'crash', exitCode: 137 }],
    ['crash:3:20', { kind: 'crash', exitCode: 3, afterSeconds: 20 }],
    ['never-healthy', { kind: 'never-healthy' }],
    ['pull-failure', { kind: 'pull-failure' }],
    ['slow:30', { kind: 'slow', seconds: 30 }],
  ])('%s is understood', (text, fate) => {
    expect(parseFate(text)).toEqual(fate);
  });

  it.each(['', 'crsh', 'crash:x', 'crash:300', 'crash:1:2:3', 'slow', 'slow:-1', 'healthy:1'])(
    '"%s" is not',
    (text) => {
      expect(parseFate(text)).toBeUndefined();
    },
  );

  it('of the definition goes before the image, and the image before its name', () => {
    const image = {
      kind: 'found',
      digest: 'sha256:1',
      env: { EMULATOR_FATE: 'slow:5' },
      platforms: [],
    } as const;
    const name = 'shop/web:fate-crash-3-20';
    expect(fateOf({ EMULATOR_FATE: 'healthy' }, name, image)).toEqual({
      fate: { kind: 'healthy' },
    });
    expect(fateOf({}, name, image)).toEqual({ fate: { kind: 'slow', seconds: 5 } });
    expect(fateOf({}, name, outside)).toEqual({
      fate: { kind: 'crash', exitCode: 3, afterSeconds: 20 },
    });
    expect(fateOf({}, 'shop/web:1', outside)).toEqual({ fate: { kind: 'healthy' } });
  });

  it.each([
    ['shop/fate-crash:1', 'crash'],
    ['shop/web-fate-never-healthy', 'never-healthy'],
    ['shop/web:fate-pull-failure', 'pull-failure'],
    ['shop/fate-slow-30@sha256:00', 'slow'],
    ['shop/crate-crash:1', 'healthy'],
    ['shop/fate-crasher:1', 'healthy'],
  ])('is in the name %s: %s', (image, kind) => {
    expect(fateOf({}, image, outside)).toMatchObject({ fate: { kind } });
  });

  it('that nobody understands is refused in a definition', async () => {
    const fixture = await ecsFixture();
    await expect(
      fixture.define('shop/web', { environment: { EMULATOR_FATE: 'crsh' } }),
    ).rejects.toMatchObject({ code: 'ClientException' });
  });
});

describe('EMULATOR_LOG', () => {
  it('holds lines, broken by a line break or by the two characters of one', () => {
    expect(logLinesOf({ EMULATOR_LOG: 'a\nb\\nc\n' }, outside)).toEqual(['a', 'b', 'c']);
    expect(logLinesOf({}, outside)).toEqual([]);
  });

  it('goes to the awslogs group, and nothing else does', async () => {
    const fixture = await ecsFixture();
    const image = fixture.push('shop/job:1', {
      EMULATOR_FATE: 'crash:3:4',
      EMULATOR_LOG: 'connecting\nno such table',
    });
    const startedAt = fixture.clock.now();
    await fixture.call('RunTask', {
      cluster: 'main',
      launchType: 'FARGATE',
      taskDefinition: await fixture.define(image),
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    });
    await fixture.advance(30);
    const [task] = await fixture.tasks('STOPPED');
    const stream = `web/app/${task?.taskArn?.split('/').at(-1) ?? ''}`;
    expect(
      fixture.logs.map((call) => ({ ...call, timestampMs: call.timestampMs - startedAt })),
    ).toEqual([
      {
        group: '/ecs/web',
        stream,
        lines: ['connecting', 'no such table'],
        timestampMs: 10_000,
      },
    ]);
  });

  it('is lost without awslogs', async () => {
    const fixture = await ecsFixture();
    await fixture.create(
      await fixture.define(fixture.push('shop/web:1'), {
        environment: { EMULATOR_LOG: 'hello' },
        container: { logConfiguration: { logDriver: 'json-file' } },
      }),
    );
    await fixture.advance(20);
    expect(fixture.logs).toEqual([]);
  });
});

describe('an image', () => {
  it('that the registry does not have cannot be pulled', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define(`${REGISTRY}/shop/none:1`), { desiredCount: 1 });
    await fixture.advance(15);
    const [task] = await fixture.tasks('STOPPED');
    expect(task).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringContaining(
        `failed to resolve ref ${REGISTRY}/shop/none:1`,
      ) as unknown,
    });
    expect(task?.containers?.[0]).toMatchObject({
      lastStatus: 'STOPPED',
      reason: task?.stoppedReason,
    });
    expect(task?.containers?.[0]).not.toHaveProperty('exitCode');
    expect(task).not.toHaveProperty('startedAt');
  });

  it('of another platform cannot be pulled', async () => {
    const fixture = await ecsFixture();
    const image = fixture.push('shop/web:arm', {}, ['linux/arm64/v8']);
    await fixture.create(await fixture.define(image), { desiredCount: 1 });
    await fixture.advance(12);
    const [task] = await fixture.tasks('STOPPED');
    expect(task?.stoppedReason).toContain("descriptor matching platform 'linux/amd64'");
    await fixture.create(
      await fixture.define(image, { task: { runtimePlatform: { cpuArchitecture: 'ARM64' } } }),
      { serviceName: 'arm' },
    );
    await fixture.advance(30);
    expect((await fixture.rollouts('arm'))[0]?.status).toBe('SUCCESSFUL');
  });
});
