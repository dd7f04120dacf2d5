/**
 * Secrets seen in this run: masked in the job's log by the runner, and taken out of text that
 * leaves by other ways (comments, summaries, files).
 */
export interface Secrets {
  add(value: string): void;
  redact(text: string): string;
}

/** `mask` tells the runner (`core.setSecret`); values shorter than 4 characters would mask prose. */
export function createSecrets(mask: (value: string) => void): Secrets {
  const values = new Set<string>();
  return {
    add(value) {
      for (const part of [value, ...value.split('\n')]) {
        const trimmed = part.trim();
        if (trimmed.length < 4 || values.has(trimmed)) continue;
        values.add(trimmed);
        mask(trimmed);
      }
    },
    redact(text) {
      let result = text;
      for (const value of values) result = result.replaceAll(value, '***');
      return result;
    },
  };
}
