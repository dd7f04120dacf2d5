/** The forms in which a secret may show up in output, as the runner masks them. */
function forms(secret: string): string[] {
  const base64Shifted = [0, 1, 2].map((shift) => {
    const bytes = Buffer.from(secret, 'utf8').subarray(shift);
    // Only whole groups of three bytes are the same whatever comes after the secret.
    return bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
  });
  const xml = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
  return [
    secret,
    Buffer.from(secret, 'utf8').toString('base64'),
    ...base64Shifted,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    secret.replaceAll("'", "''"),
    xml,
  ];
}

/** Replaces secrets by `***`, whatever their encoding; what was printed before stays. */
export class SecretMasker {
  private readonly values = new Set<string>();
  private readonly patterns = new Set<string>();
  private expression: RegExp | undefined;

  /** Adds a secret, and each line of one that has several. Empty text is no secret. */
  add(secret: string): void {
    for (const value of [secret, ...secret.split(/\r\n|\r|\n/)]) {
      if (value.trim() === '') continue;
      this.values.add(value);
      for (const form of forms(value)) if (form.trim() !== '') this.patterns.add(form);
    }
    this.expression = undefined;
  }

  mask(text: string): string {
    if (this.patterns.size === 0) return text;
    this.expression ??= new RegExp(
      [...this.patterns]
        .sort((a, b) => b.length - a.length)
        .map((pattern) => pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
        .join('|'),
      'g',
    );
    return text.replace(this.expression, '***');
  }

  /** Whether a text holds a secret as it is. */
  holdsSecret(text: string): boolean {
    return [...this.values].some((value) => text.includes(value));
  }
}
