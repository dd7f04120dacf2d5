import type { Attribute, Body, Expression, Source } from '../hcl/syntax.js';
import type { NamedBlock } from './named-block.js';
import { pathsIn, type PathUse } from './path-uses.js';
import type { BlockRef, Repository } from './repository.js';

/** A path that the configuration reads. */
export interface PathRead extends PathUse {
  readonly source: Source;
  /** The block that says so, where `each` or `count` of it takes part in the path. */
  readonly block?: NamedBlock;
}

/**
 * Arguments that name a file or folder in whatever way they are written; by the reference pages of
 * the providers (archive, aws, azurerm, google, local).
 */
const pathArguments: ReadonlyMap<string, readonly string[]> = new Map([
  ['data.archive_file', ['source_dir', 'source_file']],
  ['resource.archive_file', ['source_dir', 'source_file']],
  ['resource.aws_lambda_function', ['filename']],
  ['resource.aws_lambda_layer_version', ['filename']],
  ['resource.aws_s3_bucket_object', ['source']],
  ['resource.aws_s3_object', ['source']],
  ['resource.aws_synthetics_canary', ['zip_file']],
  ['resource.azurerm_storage_blob', ['source']],
  ['resource.google_storage_bucket_object', ['source']],
  ['data.local_file', ['filename']],
  ['data.local_sensitive_file', ['filename']],
  ['resource.local_file', ['source']],
  ['resource.local_sensitive_file', ['source']],
]);

const types = [...new Set([...pathArguments.keys()].map((key) => key.split('.', 2)[1] ?? ''))];

const readsPath =
  /\bpath\.(?:module|root|cwd)\b|\b(?:file\w*|templatefile)\s*\(|"\.{1,2}\/|\bprovisioner\s+"?file\b/;
const namesType = new RegExp(`"(?:${types.join('|')})"`);

/** Whether a file may read a path; quick, and sometimes wrong. */
export function mayReadPath(text: string): boolean {
  return readsPath.test(text) || namesType.test(text);
}

/** Whether a block may read a path; quick, and sometimes wrong. */
export function blockMayReadPath({ type, labels, source }: BlockRef): boolean {
  if (pathArguments.has(`${type}.${labels[0] ?? ''}`)) return true;
  // Where a module is, is no path that it reads.
  const text = type === 'module' ? source.text.replace(/\bsource\s*=\s*"[^"]*"/, '') : source.text;
  return readsPath.test(text);
}

/** Blocks in which a text like `"../lambda"` is a path that is read, and no place of a state. */
const readingBlocks = new Set(['resource', 'data', 'ephemeral', 'module', 'locals']);

/** A part of a block: attributes at any depth of it see what stands around them. */
interface Place {
  readonly body: Body;
  /** Arguments of it that are paths. */
  readonly paths: readonly string[];
  /** Puts a `for` around a path for each dynamic block around it. */
  readonly repeat: (path: Expression) => Expression;
}

/** Every path that a block reads. */
export function* pathReadsOf(repository: Repository, ref: BlockRef): Iterable<PathRead> {
  const body = repository.body(ref.source)?.blocks[0]?.body;
  if (body === undefined) return;
  const [type = '', name = ''] = ref.labels;
  const literals = readingBlocks.has(ref.type) && type !== 'terraform_remote_state';
  const paths = pathArguments.get(`${ref.type}.${type}`) ?? [];
  const block = { name, refs: [ref] };
  const places: Place[] = [{ body, paths, repeat: (path) => path }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    for (const attribute of place.body.attributes.values()) {
      // Where a module is, and what comes before what, is known otherwise.
      if (attribute.name === 'source' && ref.type === 'module') continue;
      const own = place.paths.includes(attribute.name);
      const text = ref.source.text.slice(attribute.valueStart, attribute.end);
      if (!own && !readsPath.test(text)) continue;
      const value = repository.value(attribute, ref.source);
      if (value === undefined) continue;
      const uses = own
        ? [{ path: value.expression, isPattern: false }, ...pathsIn(value.expression, false)]
        : pathsIn(value.expression, literals);
      for (const { path, isPattern } of uses) {
        const repeated = /\b(?:each|count)\s*\./.test(text);
        yield {
          path: place.repeat(path),
          isPattern,
          source: value.source,
          ...(repeated ? { block } : {}),
        };
      }
    }
    for (const inner of place.body.blocks) {
      const isFile = inner.type === 'provisioner' && inner.labels[0] === 'file';
      places.push({
        body: inner.body,
        paths: isFile ? ['source'] : [],
        repeat:
          inner.type === 'dynamic'
            ? (path) => place.repeat(dynamic(repository, inner.body, ref, inner.labels[0], path))
            : place.repeat,
      });
    }
  }
}

/**
 * `[for <iterator> in [for key, value in <for_each> : { key = key, value = value }] : <path>]`: what
 * a path in the content of a dynamic block becomes.
 */
function dynamic(
  repository: Repository,
  body: Body,
  ref: BlockRef,
  label: string | undefined,
  path: Expression,
): Expression {
  const valueOf = (attribute: Attribute | undefined): Expression | undefined =>
    attribute && repository.value(attribute, ref.source)?.expression;
  const collection = valueOf(body.attributes.get('for_each'));
  const iterator = valueOf(body.attributes.get('iterator'));
  if (collection === undefined) return path;
  const { start, end } = path;
  const named = (name: string): Expression => ({ kind: 'variable', name, start, end });
  const text = (value: string): Expression => ({ kind: 'literal', value, start, end });
  const items = ['key', 'value'].map((name) => ({ key: text(name), value: named(name) }));
  const pairs: Expression = {
    kind: 'for',
    key: 'key',
    value: 'value',
    collection,
    result: { kind: 'object', items, start, end },
    grouped: false,
    start,
    end,
  };
  return {
    kind: 'for',
    value: iterator?.kind === 'variable' ? iterator.name : (label ?? ''),
    collection: pairs,
    result: path,
    grouped: false,
    start,
    end,
  };
}
