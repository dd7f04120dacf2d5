import type {
  Finding,
  ImageScan,
  ScannedImage,
  ScanOutcome,
} from '../../actions/ecr-push/scan/image-scan.js';
import { anyDigest } from './ecr.js';

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    id: 'CVE-2026-1',
    severity: 'high',
    packageName: 'openssl',
    installed: '3.0.1',
    fixed: undefined,
    url: undefined,
    suppressed: false,
    ...changes,
  };
}

/** A basic scan that is done, at the epoch. */
export function imageScan(changes: Partial<ImageScan> = {}): ImageScan {
  return {
    type: 'basic',
    status: 'COMPLETE',
    description: '',
    completedAt: 0,
    findings: [],
    ...changes,
  };
}

export function scannedImage(
  outcome: ScanOutcome | readonly Finding[],
  changes: Partial<ScannedImage> = {},
): ScannedImage {
  return {
    repository: 'shop/service-a',
    digest: anyDigest('1'),
    platform: undefined,
    outcome: 'kind' in outcome ? outcome : { kind: 'scanned', type: 'basic', findings: outcome },
    ...changes,
  };
}
