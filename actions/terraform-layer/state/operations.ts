import type { Problem } from '../../shared/errors.js';
import { parseAddress, type ResourceAddress } from '../terraform/resource-address.js';

/** An address as it was written, and as it was understood. */
export interface WrittenAddress {
  readonly text: string;
  readonly address: ResourceAddress;
}

/** One line of `state-operations`. */
export type StateOperation =
  | { readonly kind: 'import'; readonly at: WrittenAddress; readonly id: string }
  | { readonly kind: 'mv'; readonly from: WrittenAddress; readonly to: WrittenAddress }
  | { readonly kind: 'rm' | 'untaint'; readonly at: WrittenAddress }
  /** `list`, `recovery`, or what the backend calls a version. */
  | { readonly kind: 'restore'; readonly version: string }
  /** What a killed apply made, undefined: the state that an apply could not write. */
  | { readonly kind: 'forget'; readonly at: WrittenAddress | undefined };

const forms = {
  import: ['ADDRESS', 'ID'],
  mv: ['FROM', 'TO'],
  rm: ['ADDRESS'],
  untaint: ['ADDRESS'],
  restore: ['VERSION'],
  forget: ['ADDRESS'],
} as const;
type Word = keyof typeof forms;

const allowed = Object.entries(forms)
  .map(([word, parameters]) => [word, ...parameters].join(' '))
  .join(', ');

/**
 * Reads lines into operations, with every problem at once. Words are split as a shell would, but
 * that quotes inside brackets belong to the address: `mv aws_x.y["a b"] 'aws_x.z["a b"]'`.
 *
 * Codes: `state-operations-missing`, `state-operation-unknown`, `state-operation-malformed`,
 * `state-address-malformed`, `state-restore-alone`.
 */
export function parseOperations(lines: readonly string[]): {
  readonly operations: readonly StateOperation[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const problem = (code: string, message: string, hint: string): void => {
    problems.push({ code, message, at: { input: 'state-operations' }, hint });
  };
  if (lines.length === 0) problem('state-operations-missing', 'there is nothing to do', allowed);
  const operations = lines.flatMap((line) => {
    const words = splitWords(line);
    if (words === undefined) {
      problem(
        'state-operation-malformed',
        `${quote(line)} has a quote that is not closed`,
        allowed,
      );
      return [];
    }
    const [word = '', ...rest] = words;
    if (!isWord(word)) {
      problem(
        'state-operation-unknown',
        `${quote(word)} in ${quote(line)} is no operation`,
        allowed,
      );
      return [];
    }
    const parameters = forms[word];
    if (rest.length !== parameters.length) {
      const form = [word, ...parameters].join(' ');
      problem(
        'state-operation-malformed',
        `${quote(line)} is not "${form}"`,
        'quote what has spaces',
      );
      return [];
    }
    return operationOf(word, rest, problem);
  });
  if (operations.some(({ kind }) => kind === 'restore') && lines.length > 1) {
    problem('state-restore-alone', '"restore" stands alone', 'do the rest in another run');
  }
  return { operations, problems };
}

function operationOf(
  word: Word,
  [first = '', second = '']: readonly string[],
  problem: (code: string, message: string, hint: string) => void,
): readonly StateOperation[] {
  const addressOf = (text: string, what: 'resource' | 'any'): WrittenAddress | undefined => {
    const address = parseAddress(text);
    const managed = address?.resource?.mode !== 'data';
    if (address !== undefined && managed && (what === 'any' || address.resource !== undefined)) {
      return { text, address };
    }
    problem(
      'state-address-malformed',
      `${quote(text)} is not the address of a ${what === 'any' ? 'resource or module' : 'resource'}`,
      'for example aws_s3_bucket.logs, module.app["a"].aws_ecs_service.this[0]',
    );
    return undefined;
  };
  switch (word) {
    case 'import': {
      const at = addressOf(first, 'resource');
      return at === undefined ? [] : [{ kind: word, at, id: second }];
    }
    case 'mv': {
      const [from, to] = [addressOf(first, 'any'), addressOf(second, 'any')];
      return from === undefined || to === undefined ? [] : [{ kind: word, from, to }];
    }
    case 'rm':
    case 'untaint': {
      const at = addressOf(first, word === 'rm' ? 'any' : 'resource');
      return at === undefined ? [] : [{ kind: word, at }];
    }
    case 'restore':
      return [{ kind: word, version: first }];
    case 'forget': {
      if (first === recoveryWord) return [{ kind: word, at: undefined }];
      const at = addressOf(first, 'any');
      return at === undefined ? [] : [{ kind: word, at }];
    }
  }
}

/** Stands for the state that an apply could not write, in `restore` and `forget`. */
export const recoveryWord = 'recovery';

/** The arguments behind `terraform`, but for options; empty where Terraform has no part in it. */
export function commandOf(operation: StateOperation): readonly string[] {
  switch (operation.kind) {
    case 'import':
      return ['import', operation.at.text, operation.id];
    case 'mv':
      return ['state', 'mv', operation.from.text, operation.to.text];
    case 'rm':
      return ['state', 'rm', operation.at.text];
    case 'untaint':
      return ['untaint', operation.at.text];
    case 'restore':
      return ['state', 'push', operation.version];
    case 'forget':
      return [];
  }
}

/** As it could be written in the input. */
export function describeOperation(operation: StateOperation): string {
  switch (operation.kind) {
    case 'import':
      return `import ${operation.at.text} ${operation.id}`;
    case 'mv':
      return `mv ${operation.from.text} ${operation.to.text}`;
    case 'rm':
    case 'untaint':
      return `${operation.kind} ${operation.at.text}`;
    case 'restore':
      return `restore ${operation.version}`;
    case 'forget':
      return `forget ${operation.at?.text ?? recoveryWord}`;
  }
}

/** Undefined where a quote or bracket is never closed. */
export function splitWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let rest = line.trim();
  while (rest !== '') {
    const match = wordPattern.exec(rest);
    if (match === null) return undefined;
    words.push(match[0].replace(piece, (whole: string) => unquoted(whole)));
    rest = rest.slice(match[0].length);
    if (rest !== '' && !/^\s/.test(rest)) return undefined;
    rest = rest.trimStart();
  }
  return words;
}

const bracket = String.raw`\[\s*"(?:[^"\\]|\\.)*"\s*\]`;
const single = `'[^']*'`;
const double = String.raw`"(?:[^"\\]|\\.)*"`;
const piece = new RegExp(`${bracket}|${single}|${double}|[^\\s'"]`, 'g');
const wordPattern = new RegExp(`^(?:${bracket}|${single}|${double}|[^\\s'"])+`);

function unquoted(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1);
  if (part.startsWith('"')) return part.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
  return part;
}

function isWord(word: string): word is Word {
  return Object.hasOwn(forms, word);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
