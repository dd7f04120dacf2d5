import type { SourceLocation } from '../../shared/errors.js';
import type { PlacedExpression } from '../hcl/parse.js';
import { locate, type Attribute, type Source } from '../hcl/syntax.js';
import type { BlockRef, Repository } from './repository.js';

/** A block with what override files change in it: the later attribute wins. */
export interface NamedBlock {
  readonly name: string;
  readonly refs: readonly BlockRef[];
}

/** An attribute with the text it stands in. */
export class PlacedAttribute {
  readonly #repository: Repository;
  readonly #attribute: Attribute;
  readonly #source: Source;

  constructor(repository: Repository, attribute: Attribute, source: Source) {
    this.#repository = repository;
    this.#attribute = attribute;
    this.#source = source;
  }

  /** Parsed when asked for; undefined where it is not an expression, which is then a problem. */
  get value(): PlacedExpression | undefined {
    return this.#repository.value(this.#attribute, this.#source);
  }

  get at(): SourceLocation {
    return locate(this.#source, this.#attribute.start);
  }
}

/** The attributes of a block, override files considered. */
export function mergedAttributes(
  repository: Repository,
  block: NamedBlock,
): ReadonlyMap<string, PlacedAttribute> {
  const attributes = new Map<string, PlacedAttribute>();
  for (const ref of block.refs) {
    for (const [name, attribute] of repository.block(ref)?.body.attributes ?? []) {
      attributes.set(name, new PlacedAttribute(repository, attribute, ref.source));
    }
  }
  return attributes;
}
