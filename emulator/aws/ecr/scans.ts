import type { VirtualClock } from '../../clock.js';
import { AwsError } from '../../aws-error.js';
import type { Scope } from './scope.js';
import { scopeKey } from './scope.js';
import { like } from './tag-mutability.js';

/** How a registry scans (ECR API reference, RegistryScanningConfiguration). */
export interface ScanningConfiguration {
  readonly scanType: 'BASIC' | 'ENHANCED';
  readonly rules: readonly ScanningRule[];
}

export interface ScanningRule {
  readonly scanFrequency: string;
  readonly repositoryFilters: readonly { readonly filter: string }[];
}

/** What scans find, as somebody set it; where several match, the last one counts. */
export interface ScanOutcome {
  readonly repositoryName?: string;
  readonly imageDigest?: string;
  /** How long a scan takes, in virtual seconds; 5 when absent. */
  readonly durationSeconds?: number;
  /** The state at its end (ScanStatus); COMPLETE of a basic scan, ACTIVE of an enhanced one. */
  readonly status?: string;
  readonly description?: string;
  /** ImageScanFinding, each with its `severity`. */
  readonly findings?: readonly Finding[];
  /** EnhancedImageScanFinding. */
  readonly enhancedFindings?: readonly Finding[];
}

export interface Finding {
  readonly severity?: string;
}

export interface ScannedImage {
  readonly scope: Scope;
  readonly repositoryName: string;
  readonly digest: string;
}

/** A scan as it stands at this moment of virtual time. */
export interface ScanState {
  readonly type: 'BASIC' | 'ENHANCED';
  readonly status: string;
  readonly description: string;
  /** Milliseconds since the epoch; undefined while it runs. */
  readonly endedAtMs: number | undefined;
  readonly findings: readonly Finding[];
}

/** The scans of all registries. */
export interface Scans {
  configuration(scope: Scope): ScanningConfiguration;
  configure(scope: Scope, configuration: ScanningConfiguration): void;
  /**
   * Starts a basic scan. Throws AwsError `LimitExceededException` within 24 hours of the last one
   * (ECR API reference, StartImageScan).
   */
  startBasic(image: ScannedImage): ScanState;
  /** Starts what the registry's and the repository's settings ask for when an image comes in. */
  onPush(image: ScannedImage, scanOnPush: boolean): void;
  /** Undefined for an image that has not been scanned. */
  state(image: ScannedImage): ScanState | undefined;
  add(outcome: ScanOutcome): void;
  outcomes(): readonly ScanOutcome[];
  clear(): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const USUAL_SECONDS = 5;

export function createScans(clock: Pick<VirtualClock, 'now'>): Scans {
  const configurations = new Map<string, ScanningConfiguration>();
  const scans = new Map<string, { type: 'BASIC' | 'ENHANCED'; startedAtMs: number }>();
  let outcomes: readonly ScanOutcome[] = [];
  const key = ({ scope, repositoryName, digest }: ScannedImage): string =>
    `${scopeKey(scope)}/${repositoryName}@${digest}`;

  function configuration(scope: Scope): ScanningConfiguration {
    return configurations.get(scopeKey(scope)) ?? { scanType: 'BASIC', rules: [] };
  }

  function outcomeOf({ repositoryName, digest }: ScannedImage): ScanOutcome {
    const matching = outcomes.filter(
      (outcome) =>
        (outcome.repositoryName ?? repositoryName) === repositoryName &&
        (outcome.imageDigest ?? digest) === digest,
    );
    return matching.at(-1) ?? {};
  }

  function state(image: ScannedImage): ScanState | undefined {
    const scan = scans.get(key(image));
    if (!scan) return undefined;
    const { type } = scan;
    const outcome = outcomeOf(image);
    const endedAtMs = scan.startedAtMs + (outcome.durationSeconds ?? USUAL_SECONDS) * 1000;
    if (clock.now() < endedAtMs) {
      const status = type === 'BASIC' ? 'IN_PROGRESS' : 'PENDING';
      return { type, status, description: RUNNING[type], endedAtMs: undefined, findings: [] };
    }
    const status = outcome.status ?? (type === 'BASIC' ? 'COMPLETE' : 'ACTIVE');
    const found = type === 'BASIC' ? outcome.findings : outcome.enhancedFindings;
    const hasFindings = status === 'COMPLETE' || status === 'ACTIVE';
    const description = outcome.description ?? DESCRIPTIONS[status] ?? '';
    return { type, status, description, endedAtMs, findings: hasFindings ? (found ?? []) : [] };
  }

  return {
    configuration,
    configure: (scope, wanted) => configurations.set(scopeKey(scope), wanted),
    startBasic(image) {
      const last = scans.get(key(image));
      if (last && clock.now() < last.startedAtMs + DAY_MS) {
        throw new AwsError(
          'LimitExceededException',
          'The scan quota per image has been exceeded. Wait and try again.',
        );
      }
      scans.set(key(image), { type: 'BASIC', startedAtMs: clock.now() });
      const started = state(image);
      if (!started) throw new Error('unreachable: the scan has just been started');
      return started;
    },
    onPush(image, scanOnPush) {
      if (scans.has(key(image))) return;
      const { scanType: type, rules } = configuration(image.scope);
      const applies = rules.some(
        ({ scanFrequency, repositoryFilters }) =>
          scanFrequency !== 'MANUAL' &&
          repositoryFilters.some(({ filter }) => matches(image.repositoryName, filter)),
      );
      // Enhanced scanning goes by the registry's rules alone (ECR user guide, "Scan images for
      // software vulnerabilities").
      if (applies || (scanOnPush && type === 'BASIC')) {
        scans.set(key(image), { type, startedAtMs: clock.now() });
      }
    },
    state,
    add(outcome) {
      outcomes = [...outcomes, outcome];
    },
    outcomes: () => outcomes,
    clear() {
      configurations.clear();
      scans.clear();
      outcomes = [];
    },
  };
}

const RUNNING = {
  BASIC: 'The scan is in progress.',
  ENHANCED: 'The image is waiting for its first scan.',
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  COMPLETE: 'The scan was completed successfully.',
  ACTIVE: 'Continuous scan is selected for image.',
  FAILED: 'The scan failed.',
  UNSUPPORTED_IMAGE:
    'UnsupportedImageError: The operating system and/or package manager are not supported.',
};

/** ECR user guide, "Filters to choose which repositories are scanned": `*`, else a part of the name. */
function matches(repositoryName: string, filter: string): boolean {
  return filter.includes('*') ? like(repositoryName, filter) : repositoryName.includes(filter);
}
