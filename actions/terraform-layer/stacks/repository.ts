import path from 'node:path/posix';
import { nativeTextOf } from '../hcl/json-syntax.js';
import type { HclReader, PlacedExpression, SyntaxFailure } from '../hcl/parse.js';
import { locate, type Attribute, type Block, type Body, type Source } from '../hcl/syntax.js';
import type { Files } from './files.js';
import type { ProblemList } from './problem-list.js';

/** One block of a file, not parsed before it is needed. */
export interface BlockRef {
  readonly type: string;
  readonly labels: readonly string[];
  readonly source: Source;
}

/** The files of a run with what was parsed of them; each file is read once. */
export class Repository {
  readonly files: Files;
  readonly problems: ProblemList;
  readonly #reader: HclReader;
  readonly #texts = new Map<string, string | undefined>();
  readonly #directories = new Map<string, string[]>();
  readonly #below = new Map<string, readonly string[]>();
  readonly #realDirectories = new Map<string, string>();
  #folders: Map<string, Set<string>> | undefined;

  constructor(files: Files, reader: HclReader, problems: ProblemList, directory: string) {
    this.files = files;
    this.#reader = reader;
    this.problems = problems;
    this.#index(files.list(directory));
  }

  #index(files: readonly string[]): void {
    for (const file of files) {
      const slash = file.lastIndexOf('/');
      const directory = slash < 0 ? '.' : file.slice(0, slash);
      const names = this.#directories.get(directory);
      if (names === undefined) this.#directories.set(directory, [file.slice(slash + 1)]);
      else names.push(file.slice(slash + 1));
    }
  }

  /** Every directory below the working directory that holds a file. */
  directories(): Iterable<string> {
    return this.#directories.keys();
  }

  /** Names of the files directly in a directory, of modules outside the working directory too. */
  namesIn(directory: string): readonly string[] {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    this.#directories.set(directory, []);
    const below = this.files.list(directory);
    this.#index(below.filter((file) => path.dirname(file) === directory));
    return this.#directories.get(directory) ?? [];
  }

  /** A directory without links on the way to it; undefined where that cannot be told. */
  realDirectory(directory: string): string | undefined {
    const known = this.#realDirectories.get(directory);
    if (known !== undefined) return known;
    const real = this.files.realDirectory?.(directory);
    if (real !== undefined) this.#realDirectories.set(directory, real);
    return real;
  }

  /** Files at any depth below a directory, relative to it. */
  filesBelow(directory: string): readonly string[] {
    const known = this.#below.get(directory);
    if (known !== undefined) return known;
    const found = this.files
      .list(directory)
      .map((file) => (directory === '.' ? file : file.slice(directory.length + 1)));
    this.#below.set(directory, found);
    return found;
  }

  /** Names of the folders directly in a directory. */
  foldersIn(directory: string): readonly string[] {
    if (this.#folders === undefined) {
      this.#folders = new Map();
      for (const place of [...this.#directories.keys()]) this.#addFolder(place);
    }
    return [...(this.#folders.get(directory) ?? [])];
  }

  /** With the folders above it, which may hold no file of their own. */
  #addFolder(place: string): void {
    for (let inner = place; inner !== '.' && inner !== '..'; inner = path.dirname(inner)) {
      const outer = path.dirname(inner);
      const known = this.#folders?.get(outer);
      if (known?.has(path.basename(inner)) === true) return;
      if (known === undefined) this.#folders?.set(outer, new Set([path.basename(inner)]));
      else known.add(path.basename(inner));
    }
  }

  text(file: string): string | undefined {
    if (this.#texts.has(file)) return this.#texts.get(file);
    const text = this.files.read(file);
    this.#texts.set(file, text);
    return text;
  }

  /** A configuration file in native syntax, also where it is JSON; a mistake is a problem. */
  configuration(file: string): string | undefined {
    const text = this.text(file);
    if (text === undefined || !file.endsWith('.json')) return text;
    const native = nativeTextOf(text);
    if (native.ok) return native.value;
    const at = locate({ file, text, line: 1 }, native.failure.offset);
    this.problems.add({ code: 'json-syntax', message: native.failure.message, at });
    return undefined;
  }

  /** The parsed block; a mistake in it is added to the problems. */
  block(ref: BlockRef): Block | undefined {
    return this.body(ref.source)?.blocks[0];
  }

  /** The parsed text; a mistake in it is added to the problems. */
  body(source: Source): Body | undefined {
    const result = this.#reader.body(source.text);
    if (result.ok) return result.value;
    this.syntaxProblem(source, result.failure);
    return undefined;
  }

  /** Parses a whole file only to see whether it is in the language. */
  checkSyntax(file: string): void {
    const text = this.text(file);
    const failure = text === undefined ? undefined : this.#reader.check(text);
    if (text !== undefined && failure !== undefined) {
      this.syntaxProblem({ file, text, line: 1 }, failure);
    }
  }

  /** The value of an attribute; a mistake in it is added to the problems. */
  value(attribute: Attribute, source: Source): PlacedExpression | undefined {
    const result = this.#reader.value(attribute, source);
    if (result.ok) return result.value;
    const { message, offset } = result.failure;
    const place = attribute.valueStart + Math.max(0, offset - 2);
    this.syntaxProblem(source, { message, offset: place });
    return undefined;
  }

  /** A file as `templatefile()` reads it; undefined where it is not there, or is no template. */
  template(file: string): PlacedExpression | undefined {
    const text = this.text(file);
    const result = text === undefined ? undefined : this.#reader.template(text, file);
    return result?.ok === true ? result.value : undefined;
  }

  /** A value given as text, as `-var` takes it; undefined where it is not an expression. */
  expression(name: string, text: string): PlacedExpression | undefined {
    const result = this.#reader.expression(text, { file: name, line: 1 });
    return result.ok ? result.value : undefined;
  }

  syntaxProblem(source: Source, failure: SyntaxFailure): void {
    this.problems.add({
      code: 'hcl-syntax',
      message: failure.message,
      at: locate(source, failure.offset),
      hint: '`fmt` of Terraform or OpenTofu says more about it',
    });
  }
}
