import type { Severity } from './severity.js';

/** One weakness of one package. */
export interface Finding {
  /** As the scanner names it, most often `CVE-…`. */
  readonly id: string;
  readonly severity: Severity;
  /** Empty where the scanner names none. */
  readonly packageName: string;
  readonly installed: string | undefined;
  /** Unknown where there is no mended version, and in basic scans, which do not tell. */
  readonly fixed: string | undefined;
  /** Where it is described; any text. */
  readonly url: string | undefined;
  /** By a suppression rule of Amazon Inspector. */
  readonly suppressed: boolean;
}

/** What ECR says of the scan of an image, all pages of it. */
export interface ImageScan {
  readonly type: 'basic' | 'enhanced';
  /** `ScanStatus` of the ECR API reference. */
  readonly status: string;
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly completedAt: number | undefined;
  /** Absent as long as ECR has none to tell, which is not an empty list. */
  readonly findings: readonly Finding[] | undefined;
}

/** How the wait for a scan ended. */
export type ScanOutcome =
  | {
      readonly kind: 'scanned';
      readonly type: 'basic' | 'enhanced';
      readonly findings: readonly Finding[];
    }
  /** ECR does not know the image's system, or what it is. */
  | { readonly kind: 'unsupported'; readonly reason: string }
  /** There is no result, and there will be none. */
  | { readonly kind: 'failed'; readonly status: string; readonly reason: string }
  /** There is no result yet; `status` is the last that was seen. */
  | {
      readonly kind: 'timed-out';
      readonly status: string | undefined;
      /** Why no scan could be asked for, where ECR said so. */
      readonly notStarted: string | undefined;
    };

/** An image of a repository, after the wait for its scan. */
export interface ScannedImage {
  readonly repository: string;
  readonly digest: string;
  /** Absent for an image that no index names. */
  readonly platform: string | undefined;
  readonly outcome: ScanOutcome;
}
