import path from 'node:path/posix';
import { splitBlocks } from '../hcl/split.js';
import { configurationFiles } from './configuration-files.js';
import { chosenArguments, mayChooseModule, type ChosenArgument } from './early-expressions.js';
import { mergedAttributes, type NamedBlock } from './named-block.js';
import { usedOutputs, type FoundOutputs } from './output-uses.js';
import { blockMayReadPath, mayReadPath, pathReadsOf, type PathRead } from './path-reads.js';
import type { BlockRef, Repository } from './repository.js';

/** A call of a local module. */
export interface ModuleCall extends NamedBlock {
  /** Relative to the repository's root. */
  readonly directory: string;
}

/** A call whose source or version is an expression. */
export interface ChosenCall extends NamedBlock {
  /** At least one. */
  readonly arguments: readonly ChosenArgument[];
}

/** Names of outputs used through a data block; `all` where it is used as a whole. */
export type OutputsUsed = ReadonlyMap<string, ReadonlySet<string> | 'all'>;

/** The blocks of one directory that matter to the graph. The rest of its files is never parsed. */
export interface ModuleSource {
  readonly directory: string;
  readonly variables: ReadonlyMap<string, NamedBlock>;
  readonly locals: readonly BlockRef[];
  readonly outputs: ReadonlyMap<string, NamedBlock>;
  readonly calls: readonly ModuleCall[];
  /** Which modules these are, each stack tells. */
  readonly chosenCalls: readonly ChosenCall[];
  /** Whether it, or a local module below it, has such calls. */
  readonly choosesModules: boolean;
  readonly remoteStates: readonly NamedBlock[];
  readonly tfeOutputs: readonly NamedBlock[];
  readonly terraform: readonly BlockRef[];
  /** `provider "tfe"` blocks. */
  readonly tfeProviders: readonly NamedBlock[];
  readonly reads: readonly PathRead[];
  readonly outputsUsed: { readonly remoteState: OutputsUsed; readonly tfeOutputs: OutputsUsed };
  /** Whether it, or a module below it, names a state, reads a file or chooses a module. */
  readonly needsEvaluation: boolean;
}

const interesting =
  /\b(?:terraform|variable|locals|module|output)\b|terraform_remote_state|tfe_outputs|\bprovider\s+"?tfe\b/;
const mayBeLocal = /\bsource\s*=\s*"\.{1,2}(?:\/|")/;

/** Reads modules, each directory once. */
export class ModuleSources {
  readonly #repository: Repository;
  readonly #sources = new Map<string, ModuleSource | undefined>();
  readonly #closures = new Map<string, ReadonlySet<string>>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The module in a directory; undefined where there is none, or while it calls itself. */
  get(directory: string): ModuleSource | undefined {
    if (this.#sources.has(directory)) return this.#sources.get(directory);
    this.#sources.set(directory, undefined);
    const source = this.#read(directory);
    this.#sources.set(directory, source);
    return source;
  }

  /** Directories of all local modules below a module, itself not included. */
  closure(directory: string): ReadonlySet<string> {
    const known = this.#closures.get(directory);
    if (known !== undefined) return known;
    const found = new Set<string>();
    const open = [...(this.get(directory)?.calls ?? [])];
    for (let call = open.pop(); call !== undefined; call = open.pop()) {
      if (found.has(call.directory)) continue;
      found.add(call.directory);
      open.push(...(this.get(call.directory)?.calls ?? []));
    }
    found.delete(directory);
    this.#closures.set(directory, found);
    return found;
  }

  #read(directory: string): ModuleSource | undefined {
    const names = configurationFiles(this.#repository.namesIn(directory));
    if (names.length === 0) return undefined;
    const builder = new ModuleBuilder(directory, this.#repository);
    for (const name of names) builder.addFile(directory === '.' ? name : `${directory}/${name}`);
    const source = builder.build();
    const below = source.calls.map((call) => ({ call, module: this.get(call.directory) }));
    for (const { call, module } of below) {
      if (module === undefined) this.missingModule(directory, call);
    }
    return {
      ...source,
      choosesModules:
        source.choosesModules || below.some(({ module }) => module?.choosesModules === true),
      needsEvaluation:
        source.needsEvaluation || below.some(({ module }) => module?.needsEvaluation === true),
    };
  }

  /** Adds a call that leads nowhere, or back to where it stands, to the problems. */
  missingModule(directory: string, call: ModuleCall): void {
    const [ref] = call.refs;
    if (ref === undefined) return;
    const exists = configurationFiles(this.#repository.namesIn(call.directory)).length > 0;
    this.#repository.problems.add({
      code: exists ? 'module-calls-itself' : 'module-not-found',
      message: exists
        ? `module "${call.name}" leads back to ${directory}`
        : `module "${call.name}": there is no Terraform file in ${call.directory}`,
      at: { file: ref.source.file, line: ref.source.line, column: 1 },
    });
  }
}

class ModuleBuilder {
  readonly #directory: string;
  readonly #repository: Repository;
  readonly #variables = new Map<string, NamedBlock>();
  readonly #outputs = new Map<string, NamedBlock>();
  readonly #locals: BlockRef[] = [];
  readonly #calls = new Map<string, NamedBlock>();
  readonly #remoteStates = new Map<string, NamedBlock>();
  readonly #tfeOutputs = new Map<string, NamedBlock>();
  readonly #terraform: BlockRef[] = [];
  readonly #tfeProviders: NamedBlock[] = [];
  readonly #reads: PathRead[] = [];
  readonly #remoteStateOutputs: FoundOutputs = new Map();
  readonly #tfeOutputsUsed: FoundOutputs = new Map();

  constructor(directory: string, repository: Repository) {
    this.#directory = directory;
    this.#repository = repository;
  }

  addFile(file: string): void {
    const text = this.#repository.configuration(file);
    if (text === undefined || !(interesting.test(text) || mayReadPath(text))) return;
    const { blocks, error } = splitBlocks(text);
    if (error !== undefined) {
      this.#repository.syntaxProblem({ file, text, line: 1 }, error);
      return;
    }
    usedOutputs(text, 'terraform_remote_state', 'outputs', this.#remoteStateOutputs);
    usedOutputs(text, 'tfe_outputs', '(?:nonsensitive_)?values', this.#tfeOutputsUsed);
    let line = 1;
    let counted = 0;
    for (const { type, labels, start, end } of blocks) {
      line += newlines(text, counted, start);
      counted = start;
      if (labels === undefined) continue;
      const source = { file, text: text.slice(start, end), line };
      this.#addBlock({ type, labels, source });
    }
  }

  #addBlock(ref: BlockRef): void {
    const [first = '', second = ''] = ref.labels;
    switch (ref.type) {
      case 'variable':
        append(this.#variables, first, ref);
        break;
      case 'output':
        append(this.#outputs, first, ref);
        break;
      case 'locals':
        this.#locals.push(ref);
        break;
      case 'terraform':
        this.#terraform.push(ref);
        break;
      case 'module':
        if (this.#calls.has(first) || mayMatter(ref.source.text)) append(this.#calls, first, ref);
        break;
      case 'provider':
        if (first === 'tfe') this.#tfeProviders.push({ name: first, refs: [ref] });
        break;
      case 'data':
        if (first === 'terraform_remote_state') append(this.#remoteStates, second, ref);
        if (first === 'tfe_outputs') append(this.#tfeOutputs, second, ref);
        break;
    }
    if (blockMayReadPath(ref)) {
      this.#reads.push(...pathReadsOf(this.#repository, ref));
    }
  }

  build(): ModuleSource {
    const all = [...this.#calls.values()];
    const chosenCalls = all
      .map((call) => ({ ...call, arguments: chosenArguments(this.#repository, call) }))
      .filter((call) => call.arguments.length > 0);
    const calls = all.flatMap((call) => {
      const source = mergedAttributes(this.#repository, call).get('source')?.value?.expression;
      if (source?.kind !== 'literal' || typeof source.value !== 'string') return [];
      const directory = localDirectory(this.#directory, source.value);
      return directory === undefined ? [] : [{ ...call, directory }];
    });
    const remoteStates = [...this.#remoteStates.values()];
    const tfeOutputs = [...this.#tfeOutputs.values()];
    return {
      directory: this.#directory,
      variables: this.#variables,
      locals: this.#locals,
      outputs: this.#outputs,
      calls,
      chosenCalls,
      choosesModules: chosenCalls.length > 0,
      remoteStates,
      tfeOutputs,
      terraform: this.#terraform,
      tfeProviders: this.#tfeProviders,
      reads: this.#reads,
      outputsUsed: { remoteState: this.#remoteStateOutputs, tfeOutputs: this.#tfeOutputsUsed },
      needsEvaluation:
        remoteStates.length + tfeOutputs.length + this.#reads.length + chosenCalls.length > 0,
    };
  }
}

function mayMatter(moduleBlock: string): boolean {
  return mayBeLocal.test(moduleBlock) || mayChooseModule(moduleBlock);
}

/** Where a local source leads, relative to the root; undefined for any other source. */
export function localDirectory(from: string, source: string): string | undefined {
  if (!/^\.{1,2}(?:\/|$)/.test(source)) return undefined;
  return path.join(from, source).replace(/\/$/, '');
}

function append(map: Map<string, NamedBlock>, name: string, ref: BlockRef): void {
  const known = map.get(name);
  map.set(name, { name, refs: known === undefined ? [ref] : [...known.refs, ref] });
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) {
    count += 1;
  }
  return count;
}
