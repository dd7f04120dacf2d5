import { download } from '../../../actions/ecs-deploy/aws/images.js';
import { checkArchitectures } from '../../../actions/ecs-deploy/images/architecture.js';
import { configPlatform, manifestPlatforms } from '../../../actions/ecs-deploy/images/manifest.js';
import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import type { Images, Platform } from '../../../actions/ecs-deploy/ports.js';
import { OperationError } from '../../../actions/shared/errors.js';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const attestation = {
  digest: 'sha256:a',
  platform: { os: 'unknown', architecture: 'unknown' },
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
};

describe('the configuration of an image', () => {
  it('is out of reach where the address of its layer does not answer', async () => {
    await expect(download('http://127.0.0.1:1/config?X-Amz-Signature=x')).rejects.toMatchObject({
      code: 'layer-unreachable',
    });
  });
});

describe('the platforms of a manifest', () => {
  const of = (manifest: unknown) => manifestPlatforms(JSON.stringify(manifest));

  it('are those of an index, without its attestations', () => {
    const manifests = [{ platform: { ...amd64, variant: 'v2' } }, attestation, { platform: arm64 }];
    expect(of({ manifests })).toEqual({ kind: 'known', platforms: [amd64, arm64] });
  });

  it('are in the configuration of an image of one platform', () => {
    expect(of({ config: { digest: 'sha256:c' }, layers: [] })).toEqual({
      kind: 'in-config',
      configDigest: 'sha256:c',
    });
    expect(configPlatform(JSON.stringify({ ...arm64, config: {} }))).toEqual([arm64]);
    expect(configPlatform('{}')).toBeUndefined();
    expect(configPlatform('<html>')).toBeUndefined();
  });

  it('are in Docker’s first form of a manifest', () => {
    expect(of({ schemaVersion: 1, architecture: 'amd64' })).toEqual({
      kind: 'known',
      platforms: [amd64],
    });
  });

  it.each([
    ['an index with an entry that does not say', { manifests: [{ platform: amd64 }, {}] }],
    ['an index of attestations alone', { manifests: [attestation] }],
    ['an artifact', { mediaType: 'application/vnd.oci.artifact' }],
    ['no object', 'x'],
  ])('are unknown of %s', (_, manifest) => {
    expect(of(manifest).kind).toBe('unknown');
  });
});

describe('the check', () => {
  const fargate: JsonObject = { requiresCompatibilities: ['FARGATE'] };
  const image = (name: string) => ({
    image: `host/${name}@sha256:1`,
    digest: 'sha256:1',
    repository: { name },
  });

  async function check(
    definition: JsonObject,
    platforms: readonly Platform[] | undefined | Error,
    images: Parameters<typeof checkArchitectures>[2] = { app: image('web') },
  ) {
    const asked: string[] = [];
    const ports = {
      images: {
        platforms: ({ name }: { readonly name: string }) => {
          asked.push(name);
          return platforms instanceof Error
            ? Promise.reject(platforms)
            : Promise.resolve(platforms);
        },
      } as unknown as Images,
    };
    const { problems, notChecked } = await checkArchitectures(ports, definition, images);
    return { codes: problems.map(({ code }) => code), problems, notChecked, asked };
  }

  const arm = { ...fargate, runtimePlatform: { cpuArchitecture: 'ARM64' } };
  const windows = {
    ...fargate,
    runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' },
  };

  it.each<readonly [string, JsonObject, readonly Platform[], readonly string[]]>([
    ['amd64 on Fargate', fargate, [amd64], []],
    ['an index of both on ARM', arm, [amd64, arm64], []],
    ['arm64 on Fargate without a platform', fargate, [arm64], ['image-architecture']],
    ['amd64 on ARM', arm, [amd64], ['image-architecture']],
    ['Linux on Windows', windows, [amd64], ['image-architecture']],
    ['Windows on Windows', windows, [{ os: 'windows', architecture: 'amd64' }], []],
    [
      'amd64 on EC2 that asks for ARM',
      { runtimePlatform: { cpuArchitecture: 'ARM64' } },
      [amd64],
      ['image-architecture'],
    ],
  ])('%s', async (_, definition, platforms, codes) => {
    expect(await check(definition, platforms)).toMatchObject({ codes, notChecked: [] });
  });

  it('asks nothing where the instance of EC2 decides', async () => {
    expect(await check({}, [arm64])).toMatchObject({ codes: [], asked: [] });
  });

  it('names what the image has and what the task wants', async () => {
    const { problems } = await check(arm, [amd64]);
    expect(problems[0]?.message).toMatch(/linux\/amd64.*linux\/arm64/);
  });

  it('tells what it cannot see, and goes on', async () => {
    const denied = new OperationError('aws-access-denied', 'no');
    for (const answer of [undefined, denied]) {
      const { codes, notChecked } = await check(fargate, answer);
      expect([codes.length, notChecked.length]).toEqual([0, 1]);
    }
  });

  it('asks once for an image of two containers, and never about other registries', async () => {
    const images = {
      app: image('web'),
      twin: image('web'),
      hub: { image: 'busybox:1', digest: undefined, repository: undefined },
    };
    const { codes, asked } = await check(fargate, [arm64], images);
    expect(codes).toEqual(['image-architecture', 'image-architecture']);
    expect(asked).toEqual(['web']);
  });
});
