import type { ShownValue } from './changes.js';
import { LiteralFinder, shortestLiteral } from './literal-finder.js';

/** Shorter texts are words such as `true` or `dev`: hiding them everywhere would hide nothing. */
const wholeCharacters = 4;

/**
 * Texts that a plan marks as sensitive in one place. Providers copy values without the mark
 * (`terraform_data` into its `output`), and Terraform itself then prints them.
 */
export class SensitiveValues {
  readonly #texts = new Set<string>();
  readonly #finder = new LiteralFinder();

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

  /** As `hide`, of a text that is no value, such as an attribute's path. */
  hideInside(text: string): string {
    return this.#finder.replace(text, '(sensitive)');
  }

  /** Whether the value is, or holds at any depth, one of the texts; names of members count. */
  isIn(value: unknown): boolean {
    if (this.#texts.size === 0) return false;
    if (typeof value === 'string') return this.isInText(value);
    if (typeof value === 'number') return this.#texts.has(String(value));
    if (Array.isArray(value)) return value.some((inner) => this.isIn(inner));
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).some(([key, inner]) => this.isInText(key) || this.isIn(inner));
    }
    return false;
  }

  isInText(text: string): boolean {
    return this.#texts.has(text) || this.#finder.isIn(text);
  }

  #add(value: unknown): void {
    if (typeof value === 'string') {
      if (value.length >= wholeCharacters) this.#addText(value);
    } else if (typeof value === 'number') {
      if (String(value).length >= shortestLiteral) this.#addText(String(value));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) this.#add(inner);
    }
  }

  #addText(text: string): void {
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    this.#finder.add(text);
    // Inside a document that is itself a string, quotes and line breaks are escaped.
    this.#finder.add(JSON.stringify(text).slice(1, -1));
  }

  #redacted(value: unknown): unknown {
    if (typeof value === 'string') {
      if (this.#texts.has(value)) return '(sensitive)';
      return this.#finder.replace(value, '(sensitive)');
    }
    if (typeof value === 'number') return this.#texts.has(String(value)) ? '(sensitive)' : value;
    if (Array.isArray(value)) return value.map((inner) => this.#redacted(inner));
    if (typeof value === 'object' && value !== null) {
      // A secret may be a key as well: `{ (token) = … }`.
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          this.#finder.replace(key, '(sensitive)'),
          this.#redacted(inner),
        ]),
      );
    }
    return value;
  }
}
