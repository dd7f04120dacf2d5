/** Shortest text that is searched for inside others. */
export const shortestLiteral = 8;

const base = 0x01000193;
const slots = 1 << 16;
/** `base` to the power of the window less one: what the character that leaves the window weighs. */
const leaving = Array.from({ length: shortestLiteral - 1 }).reduce<number>(
  (power) => Math.imul(power, base),
  1,
);

/**
 * Replaces any of many literals in one pass over a text, however many there are: a rolling hash
 * over the first characters of each (Rabin and Karp). A plan may hold thousands of secrets and
 * megabytes of text, which a search for one after the other takes minutes for.
 */
export class LiteralFinder {
  readonly #byHash = new Map<number, string[]>();
  readonly #slots = new Uint8Array(slots);
  readonly #known = new Set<string>();

  /** Takes in a literal of at least `shortestLiteral` characters; shorter ones are not looked for. */
  add(literal: string): void {
    if (literal.length < shortestLiteral || this.#known.has(literal)) return;
    this.#known.add(literal);
    const hash = hashAt(literal, 0);
    this.#slots[slotOf(hash)] = 1;
    const same = this.#byHash.get(hash);
    if (same === undefined) this.#byHash.set(hash, [literal]);
    else same.push(literal);
    // Of two that begin alike the longer one is taken: the shorter would leave its rest in clear.
    same?.sort((left, right) => right.length - left.length);
  }

  replace(text: string, replacement: string): string {
    if (this.#known.size === 0 || text.length < shortestLiteral) return text;
    const parts: string[] = [];
    const last = text.length - shortestLiteral;
    let kept = 0;
    let at = 0;
    let hash = hashAt(text, 0);
    while (at <= last) {
      const found = this.#slots[slotOf(hash)] === 1 ? this.#literalAt(text, at, hash) : undefined;
      if (found !== undefined) {
        parts.push(text.slice(kept, at), replacement);
        at += found.length;
        kept = at;
        if (at <= last) hash = hashAt(text, at);
        continue;
      }
      const left = Math.imul(hash - Math.imul(text.charCodeAt(at), leaving), base);
      at += 1;
      hash = at <= last ? (left + text.charCodeAt(at + shortestLiteral - 1)) | 0 : 0;
    }
    if (parts.length === 0) return text;
    return parts.join('') + text.slice(kept);
  }

  #literalAt(text: string, at: number, hash: number): string | undefined {
    return this.#byHash.get(hash)?.find((literal) => text.startsWith(literal, at));
  }
}

function hashAt(text: string, at: number): number {
  let hash = 0;
  for (let index = at; index < at + shortestLiteral; index += 1) {
    hash = (Math.imul(hash, base) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 16)) & (slots - 1);
}
