/**
 * What a finding can be rated, the worst first. ECR API reference, "ImageScanFinding" and Amazon
 * Inspector user guide, "Severity levels": `UNDEFINED` and `UNTRIAGED` are findings that nobody has
 * rated yet.
 */
export const severities = [
  'critical',
  'high',
  'medium',
  'low',
  'unrated',
  'informational',
] as const;

export type Severity = (typeof severities)[number];

/** What `scan-fail-on` can say beside `none`. */
export const thresholds = ['critical', 'high', 'medium', 'low'] as const;

export type Threshold = (typeof thresholds)[number];

/** Reads ECR's word; one that is not known here is not rated. */
export function toSeverity(text: string | undefined): Severity {
  const lower = text?.toLowerCase();
  return severities.find((severity) => severity === lower) ?? 'unrated';
}

/** Whether a finding is at or over the threshold; one that is not rated counts as low. */
export function reaches(severity: Severity, threshold: Threshold): boolean {
  const counted = severity === 'unrated' ? 'low' : severity;
  return severities.indexOf(counted) <= severities.indexOf(threshold);
}
