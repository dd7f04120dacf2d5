import { counted } from '../../shared/counted.js';
import { OperationError } from '../../shared/errors.js';
import {
  bullets,
  code,
  heading,
  link,
  listed,
  paragraph,
  table,
  text,
  visible,
  type Block,
  type Inline,
} from '../../shared/markdown.js';
import type { ScannedImage } from './image-scan.js';
import {
  countFindings,
  type GateStatus,
  type JudgedFinding,
  type Ruling,
  type Unscanned,
  type Verdict,
} from './judge.js';
import { severities } from './severity.js';

/** Rows of the summary's table; the whole list is in ECR. */
const shownRows = 50;
/** Lines of the log. */
const shownLines = 10;

export interface GateReport {
  readonly outputs: {
    readonly 'scan-status': string;
    readonly 'scan-findings': string;
  };
  readonly blocks: readonly Block[];
  readonly warnings: readonly string[];
  /** Why the step fails. */
  readonly failure: OperationError | undefined;
}

/** What the verdict says in outputs, job summary and log. */
export function reportGate(verdict: Verdict): GateReport {
  return {
    outputs: {
      'scan-status': verdict.status,
      'scan-findings': JSON.stringify(countFindings(verdict.findings)),
    },
    blocks: blocksOf(verdict),
    warnings: [
      ...verdict.unused.map(({ id }) =>
        visible(`scan-allow: ${id} matches no finding; leave it out`),
      ),
      ...unratedWarning(verdict),
    ],
    failure: failureOf(verdict),
  };
}

const failureCodes: Readonly<Record<Exclude<GateStatus, 'passed'>, string>> = {
  findings: 'scan-findings',
  failed: 'scan-failed',
  unsupported: 'scan-unsupported',
  'timed-out': 'scan-timed-out',
};

function failureOf(verdict: Verdict): OperationError | undefined {
  const { status, findings, unscanned, failOn } = verdict;
  if (status === 'passed') return undefined;
  const failing = findings.filter(({ ruling }) => ruling.kind === 'fails');
  const lines = [
    ...(failing.length === 0
      ? []
      : [
          `the image was pushed, and its scan has ${counted(failing.length, 'finding')} of severity ${failOn} or worse:`,
          ...failing.slice(0, shownLines).map((one) => `  ${findingLine(one)}`),
          ...(failing.length > shownLines
            ? [`  and ${failing.length - shownLines} more, in the summary of this job`]
            : []),
          'rebuild it with the fixed versions, or accept a finding for a while with scan-allow',
        ]),
    ...unscanned.filter(({ fails }) => fails).map((one) => unscannedLine(one)),
  ];
  return new OperationError(failureCodes[status], lines.map((line) => visible(line)).join('\n'), {
    details: {
      findings: failing.map(({ finding }) => finding.id),
      unscanned: unscanned.flatMap(({ image, outcome, fails }) =>
        fails ? [{ digest: image.digest, outcome: outcome.kind }] : [],
      ),
    },
  });
}

function findingLine({ finding, ruling }: JudgedFinding): string {
  const { id, severity, packageName, installed, fixed } = finding;
  const versions = [installed, fixed].filter((version) => version !== undefined).join(' → ');
  const expired =
    ruling.kind === 'fails' && ruling.expired !== undefined
      ? ` (was allowed until ${ruling.expired.until})`
      : '';
  return `${severity} ${id} ${packageName} ${versions}`.trimEnd() + expired;
}

function unscannedLine({ image, outcome, entry }: Unscanned): string {
  const name = `${image.repository} ${image.platform ?? image.digest}`;
  switch (outcome.kind) {
    case 'unsupported':
      return (
        `ECR cannot scan ${name}: ${outcome.reason}; ` +
        'turn on enhanced scanning, which knows more systems, or accept it for a while in scan-allow ' +
        `as unsupported-image${entry === undefined ? '' : ` (its entry ended on ${entry.until})`}`
      );
    case 'failed':
      return `the scan of ${name} has no result: ${outcome.status}: ${outcome.reason}; ${whatNext(outcome.status)}`;
    case 'timed-out':
      return outcome.notStarted === undefined
        ? `the scan of ${name} is not done in time (${outcome.status ?? 'not begun'}); run the job again, or set scan-timeout-minutes`
        : `no scan of ${name} has begun in time, and none can be asked for (${outcome.notStarted}); see that a rule of the registry's enhanced scanning names the repository`;
  }
}

/** ECR API reference, "ImageScanStatus". */
function whatNext(status: string): string {
  switch (status) {
    case 'SCAN_ELIGIBILITY_EXPIRED':
      return 'Amazon Inspector scans images for a limited time after their push: build and push it anew';
    case 'LIMIT_EXCEEDED':
      return 'Amazon Inspector has reached a limit of this account: see its console';
    case 'IMAGE_ARCHIVED':
      return 'the image is archived: restore it in ECR';
    case 'FAILED':
      return 'ECR scans an image once in 24 hours: run the job again after that, or push the image anew';
    default:
      return status.startsWith('ecr-')
        ? 'the README of this action lists what the role needs'
        : 'see the image in the console of ECR';
  }
}

function blocksOf(verdict: Verdict): readonly Block[] {
  const { findings, unscanned, images, failOn, status } = verdict;
  const counts = countFindings(findings);
  const told = [...severities, 'allowed', 'suppressed'] as const;
  const parts = told.flatMap((kind) => (counts[kind] === 0 ? [] : [`${counts[kind]} ${kind}`]));
  const types = new Set(
    images.flatMap(({ outcome }) => (outcome.kind === 'scanned' ? [outcome.type] : [])),
  );
  return [
    heading(3, 'Scan'),
    paragraph(
      `${statusWords[status]} Findings${types.size === 0 ? '' : ` (${[...types].join(', ')} scan)`}: `,
      parts.length === 0 ? 'none' : parts.join(', '),
      `. The step fails for ${failOn} and worse.`,
    ),
    ...(unscanned.length === 0
      ? []
      : [bullets(unscanned.map((one) => [code(unscannedLine(one))]))]),
    ...(findings.length === 0 ? [] : [findingsTable(verdict)]),
    ...(findings.length > shownRows
      ? [paragraph(`${findings.length - shownRows} more are in ECR.`)]
      : []),
  ];
}

const statusWords: Readonly<Record<GateStatus, string>> = {
  passed: 'Passed.',
  findings: 'Failed for its findings.',
  failed: 'Failed: there is no result.',
  unsupported: 'Failed: ECR cannot scan the image.',
  'timed-out': 'Failed: the scan was not done in time.',
};

function findingsTable({ findings, images }: Verdict): Block {
  const several = images.length > 1;
  return table(
    ['severity', 'finding', 'package', 'installed', 'fixed', ...(several ? ['image'] : []), ''],
    findings
      .slice(0, shownRows)
      .map(({ finding, images: where, ruling }) => [
        finding.severity,
        idCell(finding.id, finding.url),
        orNothing(finding.packageName),
        orNothing(finding.installed),
        orNothing(finding.fixed),
        ...(several ? [imagesCell(where, images)] : []),
        rulingCell(ruling),
      ]),
  );
}

function idCell(id: string, url: string | undefined): readonly Inline[] {
  const target = safeUrl(url);
  return target === undefined ? [code(id)] : [link(target, code(id))];
}

/** The scanner's text names the address: only one that a browser opens as a page is linked. */
function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

function imagesCell(
  where: readonly ScannedImage[],
  all: readonly ScannedImage[],
): readonly Inline[] {
  if (where.length === all.length) return [text('all')];
  const oneRepository = new Set(all.map(({ repository }) => repository)).size === 1;
  return listed(where, ({ repository, platform, digest }) => [
    code(oneRepository ? (platform ?? digest) : [repository, platform ?? ''].join(' ').trimEnd()),
  ]);
}

function rulingCell(ruling: Ruling): readonly Inline[] {
  switch (ruling.kind) {
    case 'fails':
      return [
        text(
          ruling.expired === undefined
            ? 'fails'
            : `fails; was allowed until ${ruling.expired.until}`,
        ),
      ];
    case 'allowed':
      return [text(`allowed until ${ruling.entry.until}: `), code(ruling.entry.reason)];
    case 'suppressed':
      return [text('suppressed in Amazon Inspector')];
    case 'below':
      return [];
  }
}

function orNothing(value: string | undefined): readonly Inline[] {
  return value === undefined || value === '' ? [] : [code(value)];
}

function unratedWarning({ findings, failOn }: Verdict): readonly string[] {
  const count = findings.filter(
    ({ finding, ruling }) => finding.severity === 'unrated' && ruling.kind === 'below',
  ).length;
  return count === 0
    ? []
    : [`the scan has ${count} findings that are not rated yet, and so do not count as ${failOn}`];
}
