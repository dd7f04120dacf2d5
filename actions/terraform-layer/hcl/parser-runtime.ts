import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as TreeSitter from 'web-tree-sitter';

/** Where the parser's three parts lie: a CommonJS entry and two WebAssembly files. */
interface ParserParts {
  readonly entry: string;
  readonly runtimeWasm: string;
  readonly grammarWasm: string;
}

let started: Promise<TreeSitter.Parser> | undefined;

/**
 * Tree-sitter with the grammar of Terraform's language, started once a process (about 40 ms).
 * Throws when the files beside the bundle are missing.
 */
export function terraformParser(): Promise<TreeSitter.Parser> {
  started ??= startParser();
  return started;
}

async function startParser(): Promise<TreeSitter.Parser> {
  const load = createRequire(import.meta.url);
  const parts = bundledParts() ?? installedParts(load);
  // A computed name: the bundler must not take the package in, it breaks as an ES module.
  const { Parser, Language } = load(parts.entry) as typeof TreeSitter;
  await Parser.init({ wasmBinary: readFileSync(parts.runtimeWasm) });
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(parts.grammarWasm)));
  return parser;
}

/**
 * A bundle `dist/<entry>/index.js` or `dist/index.js` finds the parts in `dist/hcl`, which
 * `scripts/build.ts` makes.
 */
function bundledParts(): ParserParts | undefined {
  // Not `new URL(…, import.meta.url)`: the bundler would copy the folder in as an asset.
  const bundle = path.dirname(fileURLToPath(import.meta.url));
  const directory = [path.dirname(bundle), bundle]
    .map((place) => path.join(place, 'hcl'))
    .find((place) => existsSync(path.join(place, 'index.cjs')));
  if (directory === undefined) return undefined;
  return {
    entry: path.join(directory, 'index.cjs'),
    runtimeWasm: path.join(directory, 'web-tree-sitter.wasm'),
    grammarWasm: path.join(directory, 'tree-sitter-terraform.wasm'),
  };
}

function installedParts(load: NodeJS.Require): ParserParts {
  const runtime = 'web-tree-sitter';
  const grammar = '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm';
  return {
    entry: load.resolve(runtime),
    runtimeWasm: load.resolve(`${runtime}/web-tree-sitter.wasm`),
    grammarWasm: load.resolve(grammar),
  };
}
