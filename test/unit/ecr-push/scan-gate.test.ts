import * as fc from 'fast-check';
import type { ScanSettings } from '../../../actions/ecr-push/inputs/scan.js';
import { reportGate } from '../../../actions/ecr-push/scan/gate-report.js';
import type { ScannedImage } from '../../../actions/ecr-push/scan/image-scan.js';
import { countFindings, judge, type Verdict } from '../../../actions/ecr-push/scan/judge.js';
import { scanImage } from '../../../actions/ecr-push/scan/scan-image.js';
import { reaches, severities, thresholds } from '../../../actions/ecr-push/scan/severity.js';
import { OperationError } from '../../../actions/shared/errors.js';
import { renderMarkdown } from '../../../actions/shared/markdown.js';
import { anyDigest, fakeEcr, remoteImage, type FakeEcr } from '../../support/ecr.js';
import { finding, imageScan, scannedImage } from '../../support/ecr-scans.js';
import { silentLogger } from '../../support/silent-logger.js';

const now = Date.parse('2026-07-01T12:00:00Z');
const allowed = { id: 'cve-2026-1', until: '2026-07-01', reason: 'it is *not* reached' };
const expired = { ...allowed, until: '2026-06-30' };

function judged(images: readonly ScannedImage[], settings: Partial<ScanSettings> = {}): Verdict {
  return judge({ failOn: 'high', timeoutMinutes: 10, allow: [], ...settings }, images, now);
}

const markdownOf = (verdict: Verdict): string => renderMarkdown(reportGate(verdict).blocks);

it('passes an image in which nothing is found', () => {
  const gate = reportGate(judged([scannedImage([])]));
  expect(gate).toMatchObject({ outputs: { 'scan-status': 'passed' }, failure: undefined });
});

it('fails over the threshold, and counts what is below it', () => {
  const verdict = judged([
    scannedImage([
      finding({ id: 'CVE-2026-3', severity: 'medium' }),
      finding({ id: 'CVE-2026-2', severity: 'high' }),
      finding({ id: 'CVE-2026-1', severity: 'critical' }),
    ]),
  ]);
  const { outputs, failure } = reportGate(verdict);
  expect(outputs['scan-status']).toBe('findings');
  expect(JSON.parse(outputs['scan-findings'])).toEqual({
    ...{ critical: 1, high: 1, medium: 1, low: 0, unrated: 0, informational: 0 },
    ...{ allowed: 0, suppressed: 0, failing: 2 },
  });
  expect(failure).toMatchObject({
    code: 'scan-findings',
    details: { findings: ['CVE-2026-1', 'CVE-2026-2'] },
  });
});

it('passes what is allowed, on its last day too, and says until when and why', () => {
  const verdict = judged([scannedImage([finding()])], { allow: [allowed] });
  expect(verdict.status).toBe('passed');
  expect(countFindings(verdict.findings)).toMatchObject({ allowed: 1, high: 0, failing: 0 });
  expect(markdownOf(verdict)).toContain('allowed until 2026-07-01: `it is *not* reached`');
});

it('fails for what was allowed until yesterday, and says that it was', () => {
  const verdict = judged([scannedImage([finding()])], { allow: [expired] });
  expect(verdict.findings[0]?.ruling).toEqual({ kind: 'fails', expired });
  expect(markdownOf(verdict)).toContain('was allowed until 2026-06-30');
  expect(reportGate(verdict).failure?.message).toContain('was allowed until 2026-06-30');
  expect(verdict.unused).toEqual([]);
});

it('warns of an entry that matches nothing, but not where a scan has no result', () => {
  const other = { ...allowed, id: 'CVE-2020-1' };
  const verdict = judged([scannedImage([finding({ severity: 'low' })])], { allow: [other] });
  expect(verdict.unused).toEqual([other]);
  expect(reportGate(verdict).warnings).toHaveLength(1);
  const failed = scannedImage({ kind: 'failed', status: 'FAILED', reason: 'why' });
  expect(judged([failed], { allow: [other] }).unused).toEqual([]);
});

it('passes what a rule of Amazon Inspector suppresses, and counts it', () => {
  const verdict = judged([scannedImage([finding({ suppressed: true })])]);
  expect(verdict.status).toBe('passed');
  expect(countFindings(verdict.findings)).toMatchObject({ suppressed: 1, high: 0 });
});

it('warns of findings that nobody has rated', () => {
  const verdict = judged([scannedImage([finding({ severity: 'unrated' })])]);
  expect(verdict.status).toBe('passed');
  expect(reportGate(verdict).warnings).toHaveLength(1);
});

it.each([
  [{ kind: 'failed', status: 'FAILED', reason: 'why' }, 'failed', 'scan-failed'],
  [{ kind: 'unsupported', reason: 'why' }, 'unsupported', 'scan-unsupported'],
  [{ kind: 'timed-out', status: 'PENDING', notStarted: undefined }, 'timed-out', 'scan-timed-out'],
] as const)('never passes an image without a result: %j', (outcome, status, code) => {
  const { outputs, failure } = reportGate(judged([scannedImage([]), scannedImage(outcome)]));
  expect(outputs['scan-status']).toBe(status);
  expect(failure).toMatchObject({
    code,
    details: { unscanned: [{ digest: anyDigest('1'), outcome: outcome.kind }] },
  });
});

it('passes an image that cannot be scanned only as long as that is allowed', () => {
  const image = scannedImage({ kind: 'unsupported', reason: 'no system in it' });
  const entry = { ...allowed, id: 'unsupported-image' };
  const verdict = judged([image], { allow: [entry] });
  expect(verdict).toMatchObject({ status: 'passed', unused: [] });
  expect(judged([image], { allow: [{ ...entry, until: '2026-06-30' }] }).status).toBe(
    'unsupported',
  );
  const failed = scannedImage({ kind: 'failed', status: 'FAILED', reason: '' });
  expect(judged([failed], { allow: [entry] }).status).toBe('failed');
});

it('tells one finding of several platforms once, and which have it', () => {
  const platforms = ['linux/amd64', 'linux/arm64', 'linux/s390x'];
  const verdict = judged(
    platforms.map((platform, index) =>
      scannedImage([finding(), ...(index < 2 ? [finding({ id: 'CVE-2026-2' })] : [])], {
        platform,
      }),
    ),
  );
  expect(verdict.findings.map(({ images }) => images.length)).toEqual([3, 2]);
  expect(markdownOf(verdict)).toMatch(/CVE-2026-2.*`linux\/amd64`, `linux\/arm64`/);
});

describe('what scanners say', () => {
  it('links only addresses of the web', () => {
    const shown = (url: string): string => markdownOf(judged([scannedImage([finding({ url })])]));
    expect(shown('https://nvd.example/CVE-2026-1')).toContain(
      '[`CVE-2026-1`](https://nvd.example/CVE-2026-1)',
    );
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'not an address', '//x.test']) {
      expect(shown(url)).not.toContain('](');
    }
    expect(shown('https://x.test/)|<script>')).not.toContain('<script>');
  });

  it('breaks out of no cell, and hides nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const one = finding({ id: text, packageName: text, installed: text, fixed: text });
        const { blocks } = reportGate(judged([scannedImage([one])]));
        const table = renderMarkdown(blocks).trimEnd().split('\n').slice(-3);
        expect(table.map((line) => line.split(/(?<!\\)\|/).length)).toEqual([8, 8, 8]);
      }),
    );
    const { failure } = reportGate(judged([scannedImage([finding({ id: 'a\n::error::\u202e' })])]));
    expect(failure?.message).toContain('a\\u000a::error::\\u202e');
  });
});

it('is never passed by more findings, and never failed by more entries', () => {
  const anyFinding = fc
    .record({
      id: fc.constantFrom('A', 'B', 'C'),
      severity: fc.constantFrom(...severities),
      packageName: fc.constantFrom('p', 'q'),
    })
    .map((changes) => finding(changes));
  fc.assert(
    fc.property(fc.array(anyFinding), fc.constantFrom(...thresholds), (findings, failOn) => {
      const { status } = judged([scannedImage(findings)], { failOn });
      const fails = findings.some(({ severity }) => reaches(severity, failOn));
      expect(status).toBe(fails ? 'findings' : 'passed');
      const allow = [...new Set(findings.map(({ id }) => id))].map((id) => ({ ...allowed, id }));
      expect(judged([scannedImage(findings)], { failOn, allow }).status).toBe('passed');
    }),
  );
});

describe('the images behind a digest', () => {
  const index = remoteImage('9', {
    manifest: JSON.stringify({
      manifests: [
        { digest: anyDigest('1'), platform: { os: 'linux', architecture: 'amd64' } },
        { digest: anyDigest('2'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
        {
          digest: anyDigest('3'),
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ],
    }),
  });

  function scan(ecr: FakeEcr, digest: string): Promise<readonly ScannedImage[]> {
    let now = 0;
    const clock = {
      now: () => now,
      sleep: (milliseconds: number) => {
        now += milliseconds;
        return Promise.resolve();
      },
    };
    const ports = { ecr, clock, log: silentLogger, signal: new AbortController().signal };
    return scanImage(ports, 'shop/service-a', digest, 1);
  }

  function holding(...images: readonly ReturnType<typeof remoteImage>[]): FakeEcr {
    const ecr = fakeEcr();
    for (const image of images) ecr.manifests.set(image.digest, image);
    return ecr;
  }

  it('are those of its platforms, without attestations', async () => {
    const ecr = holding(index);
    for (const digit of ['1', '2']) ecr.scans.set(anyDigest(digit), [imageScan()]);
    expect(await scan(ecr, index.digest)).toMatchObject([
      { digest: anyDigest('1'), platform: 'linux/amd64', outcome: { kind: 'scanned' } },
      { digest: anyDigest('2'), platform: 'linux/arm/v7', outcome: { kind: 'scanned' } },
    ]);
  });

  it('is the image itself', async () => {
    const ecr = holding(remoteImage('1'));
    ecr.scans.set(anyDigest('1'), [imageScan()]);
    expect(await scan(ecr, anyDigest('1'))).toMatchObject([
      { digest: anyDigest('1'), platform: undefined, outcome: { kind: 'scanned' } },
    ]);
  });

  it('have no result where the digest names nothing, or ECR refuses to tell', async () => {
    expect(await scan(holding(), anyDigest('1'))).toMatchObject([
      { outcome: { kind: 'failed', status: 'scan-nothing' } },
    ]);
    const empty = remoteImage('9', { manifest: JSON.stringify({ manifests: [] }) });
    expect(await scan(holding(empty), empty.digest)).toMatchObject([
      { outcome: { kind: 'failed', status: 'scan-nothing' } },
    ]);
    const ecr = holding(remoteImage('1'));
    ecr.scanOf = () => Promise.reject(new OperationError('ecr-denied', 'it may not'));
    expect(await scan(ecr, anyDigest('1'))).toMatchObject([
      { outcome: { kind: 'failed', status: 'ecr-denied', reason: 'it may not' } },
    ]);
  });
});
