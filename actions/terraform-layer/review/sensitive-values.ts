import type { ShownValue } from './changes.js';

/** Shorter texts are words such as `true` or `dev`: hiding them everywhere would hide nothing. */
const wholeCharacters = 4;
const partCharacters = 8;

/**
 * Texts that a plan marks as sensitive in one place. Providers copy values without the mark
 * (`terraform_data` into its `output`), and Terraform itself then prints them.
 */
export class SensitiveValues {
  readonly #texts = new Set<string>();

  /** Takes in every text of `value` that `mark` (the value's shape, or `true`) calls sensitive. */
  collect(value: unknown, mark: unknown): void {
    if (mark === true) {
      this.#add(value);
    } else if (typeof mark === 'object' && mark !== null) {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(mark)) {
        if (Object.hasOwn(value, key)) this.collect(value[key as keyof typeof value], inner);
      }
    }
  }

  /** The value, hidden where it is or holds one of the texts. */
  hide(shown: ShownValue): ShownValue {
    if (shown.kind !== 'value' || this.#texts.size === 0) return shown;
    if (typeof shown.value === 'string' && this.#texts.has(shown.value)) {
      return { kind: 'sensitive' };
    }
    return { kind: 'value', value: this.#redacted(shown.value) };
  }

  /** The texts taken in. */
  get texts(): ReadonlySet<string> {
    return this.#texts;
  }

  #add(value: unknown): void {
    if (typeof value === 'string') {
      if (value.length >= wholeCharacters) this.#texts.add(value);
    } else if (typeof value === 'number') {
      if (String(value).length >= partCharacters) this.#texts.add(String(value));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) this.#add(inner);
    }
  }

  #redacted(value: unknown): unknown {
    if (typeof value === 'string') {
      if (this.#texts.has(value)) return '(sensitive)';
      let text = value;
      for (const secret of this.#texts) {
        if (secret.length < partCharacters) continue;
        text = text.replaceAll(secret, '(sensitive)');
        // Inside a document that is itself a string, quotes and line breaks are escaped.
        const escaped = JSON.stringify(secret).slice(1, -1);
        if (escaped !== secret) text = text.replaceAll(escaped, '(sensitive)');
      }
      return text;
    }
    if (typeof value === 'number') return this.#texts.has(String(value)) ? '(sensitive)' : value;
    if (Array.isArray(value)) return value.map((inner) => this.#redacted(inner));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, this.#redacted(inner)]),
      );
    }
    return value;
  }
}
