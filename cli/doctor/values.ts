/** Whether a value is only known when the workflow runs. */
export function isExpression(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${{');
}

/** A value as it stands in the file, as text; undefined where only the run knows it. */
export function literalText(value: unknown): string | undefined {
  if (isExpression(value)) return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Whether a value is given: neither absent nor empty. An expression counts as given. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
