import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { SourceLocation } from '../../actions/shared/errors.js';

type Path = readonly (string | number)[];

/** A YAML file as data, and where each part of it stands. */
export interface YamlFile {
  readonly file: string;
  readonly data: unknown;
  /** Place of the value at a path, or of the nearest thing above it that has one. */
  at(path: Path): SourceLocation;
  /** Place of the key at the end of a path, or of the nearest thing above it that has one. */
  atKey(path: Path): SourceLocation;
}

export type YamlResult =
  | { readonly ok: true; readonly yaml: YamlFile }
  | { readonly ok: false; readonly message: string; readonly at: SourceLocation };

/** Reads a YAML file as GitHub does: version 1.2, where `on` is a text and no boolean. */
export function readYaml(file: string, text: string): YamlResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const place = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const [error] = document.errors;
  if (error !== undefined) return { ok: false, message: error.message, at: place(error.pos[0]) };
  const at = (path: Path): SourceLocation => {
    for (let length = path.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return place(node.range[0]);
    }
    return { file };
  };
  const atKey = (path: Path): SourceLocation => {
    const parent: unknown =
      path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
      : undefined;
    return isScalar(pair?.key) && pair.key.range ? place(pair.key.range[0]) : at(path);
  };
  return { ok: true, yaml: { file, data: document.toJS() as unknown, at, atKey } };
}
