import { z } from 'zod';
import { AwsError } from '../../aws-error.js';
import type { ScanOutcome } from './scans.js';

/** ScanStatus of the ECR API reference, as far as a scan can end in it. */
const END_STATES = [
  ...['COMPLETE', 'FAILED', 'UNSUPPORTED_IMAGE', 'ACTIVE', 'SCAN_ELIGIBILITY_EXPIRED'],
  ...['FINDINGS_UNAVAILABLE', 'LIMIT_EXCEEDED', 'IMAGE_ARCHIVED'],
];

const findings = z.array(z.looseObject({ severity: z.string().optional() }));

const outcome = z.strictObject({
  repositoryName: z.string().optional(),
  imageDigest: z.string().optional(),
  durationSeconds: z.number().nonnegative().optional(),
  status: z.enum(END_STATES).optional(),
  description: z.string().optional(),
  findings: findings.optional(),
  enhancedFindings: findings.optional(),
});

/**
 * Reads what becomes of scans from a control request.
 *
 * Throws AwsError `ValidationException` naming each thing that is wrong.
 */
export function parseScanOutcome(body: unknown): ScanOutcome {
  const parsed = outcome.safeParse(body);
  if (parsed.success) return parsed.data as ScanOutcome;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AwsError('ValidationException', problems.join('; '));
}
