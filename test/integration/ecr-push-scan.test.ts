import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PutRegistryScanningConfigurationCommand } from '@aws-sdk/client-ecr';
import { createRepository, ecrOf } from '../support/ecr-registry.js';
import { runPush, tagsOf, type PushStep } from '../support/ecr-push.js';
import { multiPlatformLayout, ociLayout, tarOf, type TestImage } from '../support/ecr.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const name = 'shop/service-a';

/** A repository whose scans end at once, with these findings. */
async function prepare(
  outcome: Readonly<Record<string, unknown>> = {},
  scanOnPush = true,
): Promise<void> {
  await createRepository(ecrOf(emulator), name, {
    imageScanningConfiguration: { scanOnPush },
  });
  await emulator.control('POST', 'ecr/scans', { durationSeconds: 0, ...outcome });
}

async function push(
  image: TestImage,
  inputs: Readonly<Record<string, string>> = {},
): Promise<PushStep> {
  const workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'workspace-'));
  await writeFile(path.join(workspace, 'image.tar'), tarOf(image));
  return runPush(emulator, {
    workspace,
    inputs: {
      ...{ repository: name, archive: 'image.tar', tags: 'v1', 'scan-fail-on': 'high' },
      ...inputs,
    },
  });
}

function counts({ step }: PushStep): unknown {
  return JSON.parse(step.outputs['scan-findings'] ?? '');
}

const basic = (id: string, severity: string): unknown => ({
  ...{ name: id, severity, uri: `https://cve.example/${id}` },
  attributes: [
    { key: 'package_name', value: 'openssl' },
    { key: 'package_version', value: '3.0.1' },
  ],
});

it('fails over the threshold, with the image pushed, its outputs set, and a table', async () => {
  await prepare({ findings: [basic('CVE-2026-1', 'HIGH'), basic('CVE-2026-2', 'LOW')] });
  const image = ociLayout();
  const result = await push(image);
  expect(result.step.conclusion).toBe('failure');
  expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
  expect(result.step.outputs).toMatchObject({
    ...{ digest: image.digest, outcome: 'pushed', 'scan-status': 'findings' },
  });
  expect(counts(result)).toMatchObject({ high: 1, low: 1, failing: 1 });
  expect(result.log).toContain('high CVE-2026-1 openssl 3.0.1');
  expect(result.step.summary).toMatch(
    /\| high *\| \[`CVE-2026-1`\]\(https:\/\/cve\.example\/CVE-2026-1\) *\| `openssl` *\| `3\.0\.1` *\|/,
  );
});

it('looks at an image that was there already as well', async () => {
  await prepare();
  const image = ociLayout();
  const first = await push(image);
  expect(first.step.outputs).toMatchObject({ 'scan-status': 'passed' });
  await emulator.control('POST', 'ecr/scans', {
    ...{ durationSeconds: 0, findings: [basic('CVE-2026-1', 'CRITICAL')] },
  });
  const second = await push(image);
  expect(second.step.conclusion).toBe('failure');
  expect(second.step.outputs).toMatchObject({ outcome: 'kept', 'scan-status': 'findings' });
});

it('passes what is allowed, and warns of an entry that matches nothing', async () => {
  await prepare({ findings: [basic('CVE-2026-1', 'HIGH')] });
  const result = await push(ociLayout(), {
    'scan-allow': 'CVE-2026-1 until 2999-12-31: not reached\nCVE-2020-9 until 2999-12-31: old',
  });
  expect(result.step.conclusion).toBe('success');
  expect(counts(result)).toMatchObject({ allowed: 1, high: 0, failing: 0 });
  expect(result.log).toMatch(/CVE-2020-9 matches no finding/);
});

it('fails for what was allowed until a day that is over, and says so', async () => {
  await prepare({ findings: [basic('CVE-2026-1', 'HIGH')] });
  const result = await push(ociLayout(), {
    'scan-allow': 'CVE-2026-1 until 2020-12-31: not reached',
  });
  expect(result.step.outputs).toMatchObject({ 'scan-status': 'findings' });
  expect(result.log).toContain('was allowed until 2020-12-31');
});

it('asks for the scan of each platform where none begins with the push', async () => {
  await prepare({ findings: [basic('CVE-2026-1', 'MEDIUM')] }, false);
  const result = await push(multiPlatformLayout());
  expect(result.step.outputs).toMatchObject({ 'scan-status': 'passed' });
  expect(counts(result)).toMatchObject({ medium: 1 });
  expect((await emulator.calls())['ecr.StartImageScan']).toBe(2);
  expect(result.log).toContain('linux/arm64: basic scan, 1 findings');
});

it('reads every page of findings', async () => {
  const findings = Array.from({ length: 2_100 }, (_, index) => basic(`CVE-${index}`, 'LOW'));
  await prepare({ findings: [...findings, basic('CVE-LAST', 'CRITICAL')] });
  const result = await push(ociLayout());
  expect(counts(result)).toMatchObject({ low: 2_100, critical: 1, failing: 1 });
  expect((await emulator.calls())['ecr.DescribeImageScanFindings']).toBe(3);
});

it('waits for the enhanced scan of the registry, and tells the fixed version', async () => {
  await ecrOf(emulator).send(
    new PutRegistryScanningConfigurationCommand({
      scanType: 'ENHANCED',
      rules: [
        {
          scanFrequency: 'CONTINUOUS_SCAN',
          repositoryFilters: [{ filter: '*', filterType: 'WILDCARD' }],
        },
      ],
    }),
  );
  const one = (id: string, status: string): unknown => ({
    ...{ severity: 'CRITICAL', status },
    packageVulnerabilityDetails: {
      vulnerabilityId: id,
      vulnerablePackages: [
        { name: 'openssl', epoch: 1, version: '3.0.1', release: '2', fixedInVersion: '1:3.0.2-1' },
        { name: 'libssl', version: '3.0.1', fixedInVersion: 'NotAvailable' },
      ],
    },
  });
  const states = ['ACTIVE', 'SUPPRESSED', 'CLOSED'];
  await prepare({ enhancedFindings: states.map((status) => one(`CVE-${status}`, status)) });
  const result = await push(ociLayout());
  expect(counts(result)).toMatchObject({ critical: 2, suppressed: 2, failing: 2 });
  expect(result.log).toContain('critical CVE-ACTIVE openssl 1:3.0.1-2 → 1:3.0.2-1');
  expect((await emulator.calls())['ecr.StartImageScan']).toBeUndefined();
});

it.each([
  ['UNSUPPORTED_IMAGE', 'unsupported'],
  ['FAILED', 'failed'],
])('never passes a scan that ends as %s', async (status, outcome) => {
  await prepare({ status });
  const { step } = await push(ociLayout());
  expect(step.conclusion).toBe('failure');
  expect(step.outputs).toMatchObject({ 'scan-status': outcome });
});

it('hands on the digest where the role may not see scans, and names the right', async () => {
  await prepare();
  await emulator.addFaults({
    ...{ service: 'ecr', operation: 'DescribeImageScanFindings', kind: 'error' },
    ...{ status: 400, code: 'AccessDeniedException' },
  });
  const image = ociLayout();
  const { step, log } = await push(image);
  expect(step.conclusion).toBe('failure');
  expect(step.outputs).toMatchObject({ digest: image.digest, 'scan-status': 'failed' });
  expect(log).toContain('ecr:DescribeImageScanFindings');
});

it('only says in a dry run that it would wait', async () => {
  await prepare();
  const { step } = await push(ociLayout(), { 'dry-run': 'true' });
  expect(step.conclusion).toBe('success');
  expect(step.outputs).toMatchObject({ outcome: 'dry-run', 'scan-status': '' });
  expect(step.summary).toContain('wait up to 10 minutes for the scan');
  expect((await emulator.calls())['ecr.DescribeImageScanFindings']).toBeUndefined();
});
