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
 * Finds or replaces any of many literals in one pass over a text, however many there are: a rolling hash
 * over the first characters of each (Rabin and Karp). A plan may hold thousands of secrets and
 * megabytes of text, which a search for one after the other takes minutes for.
 */
export class LiteralFinder {
  /** By the hash of their beginning, then by length, the longest first. */
  readonly #byHash = new Map<number, LiteralsByLength>();
  readonly #slots = new Uint8Array(slots);

  /** Takes in a literal of at least `shortestLiteral` characters; shorter ones are not looked for. */
  add(literal: string): void {
    if (literal.length < shortestLiteral) return;
    const hash = hashAt(literal, 0);
    this.#slots[slotOf(hash)] = 1;
    let alike = this.#byHash.get(hash);
    if (alike === undefined) {
      alike = [];
      this.#byHash.set(hash, alike);
    }
    const same = alike.find(({ length }) => length === literal.length);
    if (same !== undefined) {
      same.literals.add(literal);
      return;
    }
    // Of two that begin alike the longer one is taken: the shorter would leave its rest in clear.
    alike.push({ length: literal.length, literals: new Set([literal]) });
    alike.sort((left, right) => right.length - left.length);
  }

  isIn(text: string): boolean {
    return this.#found(text).next().done !== true;
  }

  replace(text: string, replacement: string): string {
    const parts: string[] = [];
    let kept = 0;
    for (const { at, length } of this.#found(text)) {
      parts.push(text.slice(kept, at), replacement);
      kept = at + length;
    }
    if (parts.length === 0) return text;
    return parts.join('') + text.slice(kept);
  }

  /** From left to right, none inside another. */
  *#found(text: string): Generator<{ readonly at: number; readonly length: number }, undefined> {
    if (this.#byHash.size === 0 || text.length < shortestLiteral) return;
    const last = text.length - shortestLiteral;
    let at = 0;
    let hash = hashAt(text, 0);
    while (at <= last) {
      const found = this.#slots[slotOf(hash)] === 1 ? this.#literalAt(text, at, hash) : undefined;
      if (found !== undefined) {
        yield { at, length: found.length };
        at += found.length;
        if (at <= last) hash = hashAt(text, at);
        continue;
      }
      const left = Math.imul(hash - Math.imul(text.charCodeAt(at), leaving), base);
      at += 1;
      hash = at <= last ? (left + text.charCodeAt(at + shortestLiteral - 1)) | 0 : 0;
    }
  }

  #literalAt(text: string, at: number, hash: number): string | undefined {
    for (const { length, literals } of this.#byHash.get(hash) ?? []) {
      const piece = text.slice(at, at + length);
      if (literals.has(piece)) return piece;
    }
    return undefined;
  }
}

type LiteralsByLength = { readonly length: number; readonly literals: Set<string> }[];

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
