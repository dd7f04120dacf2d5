/** The shortest text that is looked for inside of others; shorter ones only count as a whole. */
const windowCharacters = 8;

/**
 * Finds sensitive texts in values, in time linear in the value's length: a plan can hold ten
 * thousand of them, and trying each on each value would be quadratic.
 */
export class SecretTexts {
  readonly #whole: ReadonlySet<string>;
  /** By their first characters. */
  readonly #byBeginning = new Map<string, string[]>();

  constructor(texts: Iterable<string>) {
    this.#whole = new Set(texts);
    for (const text of this.#whole) {
      if (text.length < windowCharacters) continue;
      this.#index(text);
      // Inside a document that is itself a string, quotes and line breaks are escaped.
      const escaped = JSON.stringify(text).slice(1, -1);
      if (escaped !== text) this.#index(escaped);
    }
  }

  /** Whether the value is, or holds at any depth, one of the texts; names of members count. */
  isIn(value: unknown): boolean {
    if (this.#whole.size === 0) return false;
    if (typeof value === 'string') return this.isInText(value);
    if (typeof value === 'number') return this.#whole.has(String(value));
    if (Array.isArray(value)) return value.some((inner) => this.isIn(inner));
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).some(([key, inner]) => this.isInText(key) || this.isIn(inner));
    }
    return false;
  }

  isInText(text: string): boolean {
    if (this.#whole.has(text)) return true;
    if (this.#byBeginning.size === 0) return false;
    for (let at = 0; at + windowCharacters <= text.length; at += 1) {
      const candidates = this.#byBeginning.get(text.slice(at, at + windowCharacters));
      if (candidates?.some((secret) => text.startsWith(secret, at)) === true) return true;
    }
    return false;
  }

  #index(text: string): void {
    const beginning = text.slice(0, windowCharacters);
    const same = this.#byBeginning.get(beginning);
    if (same === undefined) this.#byBeginning.set(beginning, [text]);
    else same.push(text);
  }
}
