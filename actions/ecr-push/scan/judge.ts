import type { ScanSettings } from '../inputs/scan.js';
import { entryFor, isExpired, unsupportedImageId, type AllowEntry } from './allow-list.js';
import type { Finding, ScannedImage, ScanOutcome } from './image-scan.js';
import { reaches, severities, type Severity } from './severity.js';

/** What becomes of a finding. */
export type Ruling =
  | { readonly kind: 'fails'; readonly expired: AllowEntry | undefined }
  | { readonly kind: 'allowed'; readonly entry: AllowEntry }
  | { readonly kind: 'suppressed' }
  | { readonly kind: 'below' };

/** One finding, in all images that have it. */
export interface JudgedFinding {
  readonly finding: Finding;
  readonly images: readonly ScannedImage[];
  readonly ruling: Ruling;
}

/** An image without a result. */
export interface Unscanned {
  readonly image: ScannedImage;
  readonly outcome: Exclude<ScanOutcome, { kind: 'scanned' }>;
  /** The entry that allows it, or once did. */
  readonly entry: AllowEntry | undefined;
  readonly fails: boolean;
}

export type GateStatus = 'passed' | 'findings' | 'failed' | 'unsupported' | 'timed-out';

export interface Verdict {
  readonly status: GateStatus;
  readonly failOn: ScanSettings['failOn'];
  readonly images: readonly ScannedImage[];
  /** What fails first, then the worst. */
  readonly findings: readonly JudgedFinding[];
  readonly unscanned: readonly Unscanned[];
  /** Entries that match nothing; empty where an image has no result. */
  readonly unused: readonly AllowEntry[];
}

/** Decides what the scans of the images come to; nothing passes without a result. */
export function judge(
  settings: ScanSettings,
  images: readonly ScannedImage[],
  nowMs: number,
): Verdict {
  const { failOn, allow } = settings;
  const findings = mergeFindings(images)
    .map((one): JudgedFinding => ({ ...one, ruling: rule(settings, one.finding, nowMs) }))
    .sort(compareFindings);
  const unscanned = images.flatMap((image): readonly Unscanned[] => {
    const { outcome } = image;
    if (outcome.kind === 'scanned') return [];
    const entry = outcome.kind === 'unsupported' ? entryFor(allow, unsupportedImageId) : undefined;
    const fails = entry === undefined || isExpired(entry, nowMs);
    return [{ image, outcome, entry, fails }];
  });
  const isWhole = unscanned.every(({ fails }) => !fails);
  const ids = new Set(findings.map(({ finding }) => finding.id.toLowerCase()));
  if (unscanned.some(({ entry }) => entry !== undefined)) ids.add(unsupportedImageId);
  return {
    status: statusOf(findings, unscanned),
    failOn,
    images,
    findings,
    unscanned,
    unused: isWhole ? allow.filter(({ id }) => !ids.has(id.toLowerCase())) : [],
  };
}

/** How many findings there are of each severity; those that are allowed or suppressed apart. */
export function countFindings(
  findings: readonly JudgedFinding[],
): Readonly<Record<Severity | 'allowed' | 'suppressed' | 'failing', number>> {
  const kinds = [...severities, 'allowed', 'suppressed', 'failing'] as const;
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<
    (typeof kinds)[number],
    number
  >;
  for (const { finding, ruling } of findings) {
    if (ruling.kind === 'allowed' || ruling.kind === 'suppressed') counts[ruling.kind] += 1;
    else counts[finding.severity] += 1;
    if (ruling.kind === 'fails') counts.failing += 1;
  }
  return counts;
}

function rule({ failOn, allow }: ScanSettings, finding: Finding, nowMs: number): Ruling {
  if (finding.suppressed) return { kind: 'suppressed' };
  const entry = entryFor(allow, finding.id);
  if (entry !== undefined && !isExpired(entry, nowMs)) return { kind: 'allowed', entry };
  return reaches(finding.severity, failOn) ? { kind: 'fails', expired: entry } : { kind: 'below' };
}

function mergeFindings(
  images: readonly ScannedImage[],
): readonly Pick<JudgedFinding, 'finding' | 'images'>[] {
  const merged = new Map<string, { finding: Finding; images: ScannedImage[] }>();
  for (const image of images) {
    if (image.outcome.kind !== 'scanned') continue;
    for (const finding of image.outcome.findings) {
      const { id, severity, packageName, installed, suppressed } = finding;
      const key = JSON.stringify([id, severity, packageName, installed, suppressed]);
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { finding, images: [image] });
      else if (!known.images.includes(image)) known.images.push(image);
    }
  }
  return [...merged.values()];
}

function compareFindings(left: JudgedFinding, right: JudgedFinding): number {
  const fails = ({ ruling }: JudgedFinding): number => (ruling.kind === 'fails' ? 0 : 1);
  const rank = ({ finding }: JudgedFinding): number => severities.indexOf(finding.severity);
  return (
    fails(left) - fails(right) ||
    rank(left) - rank(right) ||
    left.finding.id.localeCompare(right.finding.id, 'en', { numeric: true }) ||
    left.finding.packageName.localeCompare(right.finding.packageName, 'en')
  );
}

function statusOf(findings: readonly JudgedFinding[], unscanned: readonly Unscanned[]): GateStatus {
  if (findings.some(({ ruling }) => ruling.kind === 'fails')) return 'findings';
  const kinds = new Set(unscanned.flatMap(({ outcome, fails }) => (fails ? [outcome.kind] : [])));
  const order = ['failed', 'unsupported', 'timed-out'] as const;
  return order.find((kind) => kinds.has(kind)) ?? 'passed';
}
