import {
  DescribeImageScanFindingsCommand,
  type DescribeImageScanFindingsCommandInput,
  type DescribeImageScanFindingsCommandOutput,
  type ECRClient,
  GetRegistryScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import type { RegistryClient } from '../support/ecr-registry.js';
import {
  createRepository,
  ecrOf,
  pushableImage,
  pushableIndex,
  registryClient,
} from '../support/ecr-registry.js';
import type { TestEmulator } from '../support/emulator.js';
import { startTestEmulator } from '../support/emulator.js';

const repositoryName = 'shop/app';
const DAY_SECONDS = 24 * 60 * 60;

let emulator: TestEmulator;
let ecr: ECRClient;
let registry: RegistryClient;

beforeAll(async () => {
  emulator = await startTestEmulator();
  // The virtual time moves only where a test moves it.
  await emulator.control('POST', 'clock', { speed: 0 });
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  ecr = ecrOf(emulator);
  registry = await registryClient(ecr, emulator.registryHost);
});

const imageId = { imageTag: 'v1' };

async function prepare(scanOnPush = false): Promise<void> {
  await createRepository(ecr, repositoryName, { imageScanningConfiguration: { scanOnPush } });
  await registry.push(repositoryName, 'v1', pushableImage());
}

const start = (id: { imageTag?: string; imageDigest?: string } = imageId) =>
  ecr.send(new StartImageScanCommand({ repositoryName, imageId: id }));

function findings(
  extra: Partial<DescribeImageScanFindingsCommandInput> = {},
): Promise<DescribeImageScanFindingsCommandOutput> {
  return ecr.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId, ...extra }));
}

describe('a basic scan', () => {
  it('runs for a while, and tells what was set to be found, in pages', async () => {
    await prepare();
    await emulator.control('POST', 'ecr/scans', {
      ...{ repositoryName, durationSeconds: 30 },
      findings: ['HIGH', 'LOW', 'HIGH'].map((severity, index) => ({
        ...{ name: `CVE-2026-${index}`, severity },
        attributes: [{ key: 'package_name', value: 'openssl' }],
      })),
    });
    const started = await start();
    expect(started).toMatchObject({ imageScanStatus: { status: 'IN_PROGRESS' } });
    await emulator.advance(29);
    const running = await findings();
    expect(running).toMatchObject({ imageScanStatus: { status: 'IN_PROGRESS' } });
    expect(running.imageScanFindings).toBeUndefined();
    await emulator.advance(1);
    const first = await findings({ maxResults: 2 });
    expect(first).toMatchObject({
      imageScanStatus: { status: 'COMPLETE' },
      imageScanFindings: {
        findingSeverityCounts: { HIGH: 2, LOW: 1 },
        findings: [{ name: 'CVE-2026-0' }, { name: 'CVE-2026-1' }],
      },
    });
    const rest = await findings({ maxResults: 2, nextToken: first.nextToken });
    expect(rest.imageScanFindings?.findings).toMatchObject([{ name: 'CVE-2026-2' }]);
    expect(rest.nextToken).toBeUndefined();
  });

  it('ends as it is set to', async () => {
    await prepare();
    const description = 'UnsupportedImageError';
    await emulator.control('POST', 'ecr/scans', { status: 'UNSUPPORTED_IMAGE', description });
    await start();
    await emulator.advance(5);
    const ended = await findings();
    expect(ended.imageScanStatus).toEqual({ status: 'UNSUPPORTED_IMAGE', description });
    expect(ended.imageScanFindings).toBeUndefined();
  });

  it('starts once in 24 hours for an image', async () => {
    await prepare();
    await start();
    await emulator.advance(DAY_SECONDS - 1);
    await expect(start()).rejects.toMatchObject({ name: 'LimitExceededException' });
    await emulator.advance(1);
    expect(await start()).toMatchObject({ imageScanStatus: { status: 'IN_PROGRESS' } });
  });

  it('starts with the push where the repository says so', async () => {
    await prepare(true);
    expect(await findings()).toMatchObject({ imageScanStatus: { status: 'IN_PROGRESS' } });
    await expect(start()).rejects.toMatchObject({ name: 'LimitExceededException' });
    await emulator.advance(5);
    expect(await findings()).toMatchObject({
      imageScanFindings: { findings: [], findingSeverityCounts: {} },
    });
  });

  it('is not there before it is started, and not of an image that is not there', async () => {
    await prepare();
    await expect(findings()).rejects.toMatchObject({ name: 'ScanNotFoundException' });
    const none = { imageTag: 'none' };
    await expect(findings({ imageId: none })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
    });
    await expect(start(none)).rejects.toMatchObject({ name: 'ImageNotFoundException' });
  });

  it('takes no index and no other artifact', async () => {
    await prepare(true);
    const image = pushableImage();
    const index = pushableIndex(image);
    const artifact = pushableImage([], { artifactType: 'application/vnd.example.signature' });
    await registry.push(repositoryName, 'index', index);
    await registry.push(repositoryName, 'artifact', artifact);
    for (const imageTag of ['index', 'artifact']) {
      await expect(start({ imageTag })).rejects.toMatchObject({
        name: 'UnsupportedImageTypeException',
      });
      await expect(findings({ imageId: { imageTag } })).rejects.toMatchObject({
        name: 'ScanNotFoundException',
      });
    }
  });

  it('is not set to end in a state that there is not', async () => {
    const answer = await emulator.control('POST', 'ecr/scans', { status: 'DONE', kind: 'x' });
    expect(answer).toMatchObject({ code: 'ValidationException' });
  });
});

describe('an enhanced scan', () => {
  beforeEach(async () => {
    await ecr.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: 'ENHANCED',
        rules: [
          {
            scanFrequency: 'CONTINUOUS_SCAN',
            repositoryFilters: [{ filter: 'shop/*', filterType: 'WILDCARD' }],
          },
        ],
      }),
    );
  });

  it('starts by the rules of the registry, waits, and stays active', async () => {
    const finding = {
      ...{ severity: 'CRITICAL', title: 'CVE-2026-1 - openssl', status: 'ACTIVE', score: 9.8 },
      packageVulnerabilityDetails: { vulnerabilityId: 'CVE-2026-1', source: 'NVD' },
    };
    await emulator.control('POST', 'ecr/scans', { enhancedFindings: [finding] });
    await prepare();
    expect(await findings()).toMatchObject({ imageScanStatus: { status: 'PENDING' } });
    await emulator.advance(5);
    const answer = await findings();
    expect(answer).toMatchObject({
      imageScanStatus: { status: 'ACTIVE' },
      imageScanFindings: {
        findingSeverityCounts: { CRITICAL: 1 },
        enhancedFindings: [finding],
      },
    });
    expect(answer.imageScanFindings?.findings).toBeUndefined();
  });

  it('leaves out repositories that no rule names', async () => {
    await createRepository(ecr, 'other/app', { imageScanningConfiguration: { scanOnPush: true } });
    await registry.push('other/app', 'v1', pushableImage());
    const asked = ecr.send(
      new DescribeImageScanFindingsCommand({ repositoryName: 'other/app', imageId }),
    );
    await expect(asked).rejects.toMatchObject({ name: 'ScanNotFoundException' });
  });

  it('cannot be started by hand', async () => {
    await prepare();
    await expect(start()).rejects.toMatchObject({ name: 'ValidationException' });
    const { scanningConfiguration } = await ecr.send(
      new GetRegistryScanningConfigurationCommand({}),
    );
    expect(scanningConfiguration?.scanType).toBe('ENHANCED');
  });
});
