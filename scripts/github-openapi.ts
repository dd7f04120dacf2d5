/**
 * Cuts GitHub's published OpenAPI description down to the operations that the emulator answers.
 *
 * Usage: `npx tsx scripts/github-openapi.ts <path to api.github.com.json of @octokit/openapi>`,
 * that package being installed outside the project, for its size (385 MB):
 * `npm install --no-save --prefix DIR @octokit/openapi@23.0.2`, then
 * `DIR/node_modules/@octokit/openapi/generated/api.github.com.json`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { operationIds } from '../emulator/github/operation-ids.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

/** Documentation, not contract: it would be most of the file. */
const droppedKeys = new Set([
  'description',
  'summary',
  'title',
  'tags',
  'externalDocs',
  'example',
  'examples',
  'deprecated',
]);

/** Keys whose value maps free names to nodes; a property may well be called `title`. */
const mapKeys = new Set([
  'properties',
  'patternProperties',
  'responses',
  'headers',
  'content',
  'schemas',
]);

/** Keys whose value is data, not schema. */
const dataKeys = new Set(['enum', 'default', 'required', 'const']);

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectAt(value: Json | undefined, what: string): JsonObject {
  if (!isObject(value)) throw new Error(`${what} is not an object: is this an OpenAPI document?`);
  return value;
}

/** Removes prose, examples and vendor extensions from a node of the description. */
function withoutProse(node: Json): Json {
  if (Array.isArray(node)) return node.map(withoutProse);
  if (!isObject(node)) return node;
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(node)) {
    if (droppedKeys.has(key) || key.startsWith('x-')) continue;
    if (dataKeys.has(key)) kept[key] = value;
    else if (mapKeys.has(key) && isObject(value)) {
      kept[key] = Object.fromEntries(
        Object.entries(value).map(([name, child]) => [name, withoutProse(child)]),
      );
    } else kept[key] = withoutProse(value);
  }
  return corrected(kept);
}

/**
 * Says in JSON Schema what GitHub's description means and ajv cannot take from it: `nullable`
 * without a type, or beside an enum without null, and addresses that are empty by default, which
 * the format `uri` excludes.
 */
function corrected(schema: JsonObject): JsonObject {
  const { nullable, ...rest } = schema;
  if (nullable === true && schema['type'] === undefined) {
    return { anyOf: [rest, { enum: [null] }] };
  }
  if (nullable === true && Array.isArray(schema['enum']) && !schema['enum'].includes(null)) {
    return { ...schema, enum: [...schema['enum'], null] };
  }
  if (schema['format'] === 'uri' && schema['default'] === '') {
    return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== 'format'));
  }
  return schema;
}

/** Adds the `description` that OpenAPI demands of a response. */
function withResponseDescription(response: Json): Json {
  return isObject(response) && response['$ref'] === undefined
    ? { description: 'Response', ...response }
    : response;
}

/** Keeps the responses that the emulator can give: successes, refusals, and where to find a file. */
function keptResponses(responses: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(responses)
      .filter(([status]) => /^([24]\d\d|302)$/.test(status))
      .map(([status, response]) => [status, withResponseDescription(withoutProse(response))]),
  );
}

function keptOperation(operation: JsonObject): JsonObject {
  return {
    ...objectAt(withoutProse(operation), 'operation'),
    responses: keptResponses(objectAt(operation['responses'], 'responses')),
  };
}

/** Every `#/components/<kind>/<name>` that a node refers to, itself not followed. */
function references(node: Json, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(node)) for (const child of node) references(child, found);
  else if (isObject(node)) {
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref' && typeof value === 'string') found.add(value);
      else references(value, found);
    }
  }
  return found;
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Returns the description with the named operations and all that they refer to.
 *
 * @throws Error when an operation is not in the source, or a reference leads nowhere.
 */
export function cutDown(source: JsonObject, wanted: readonly string[]): JsonObject {
  const paths: JsonObject = {};
  const found = new Set<string>();
  for (const [route, item] of Object.entries(objectAt(source['paths'], 'paths'))) {
    for (const [method, operation] of Object.entries(objectAt(item, route))) {
      const id = isObject(operation) ? operation['operationId'] : undefined;
      if (!isObject(operation) || typeof id !== 'string' || !wanted.includes(id)) continue;
      found.add(id);
      paths[route] = {
        ...(paths[route] as JsonObject | undefined),
        [method]: keptOperation(operation),
      };
    }
  }
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length > 0) throw new Error(`not in the description: ${missing.join(', ')}`);

  const allComponents = objectAt(source['components'], 'components');
  const components: Record<string, JsonObject> = {};
  const open = [...references(paths)];
  for (let reference = open.pop(); reference !== undefined; reference = open.pop()) {
    const [, kind, name] = /^#\/components\/([^/]+)\/(.+)$/.exec(reference) ?? [];
    if (kind === undefined || name === undefined) throw new Error(`odd reference: ${reference}`);
    const kindComponents = (components[kind] ??= {});
    if (kindComponents[name] !== undefined) continue;
    const component = objectAt(allComponents[kind], kind)[name];
    if (component === undefined) throw new Error(`reference to nothing: ${reference}`);
    const bare = withoutProse(component);
    const kept = kind === 'responses' ? withResponseDescription(bare) : bare;
    kindComponents[name] = kept;
    open.push(...references(kept));
  }
  const info = objectAt(source['info'], 'info');
  const version = info['version'];
  if (typeof version !== 'string') throw new Error('the source names no version');
  return {
    openapi: source['openapi'] ?? '3.0.3',
    info: {
      title: 'GitHub REST API, the operations that the emulator answers',
      version,
      license: info['license'] ?? null,
      description: `Cut down by scripts/github-openapi.ts from the npm package @octokit/openapi ${version}, which publishes https://github.com/github/rest-api-description. Do not edit.`,
    },
    paths: sorted(paths),
    components: sorted(
      Object.fromEntries(Object.entries(components).map(([kind, all]) => [kind, sorted(all)])),
    ),
  };
}

/** One line a path and a component: small, and still reviewable when it is generated anew. */
function render(document: JsonObject): string {
  const block = (object: JsonObject, indent: string): string =>
    Object.entries(object)
      .map(([name, value]) => `${indent}${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(',\n');
  const components = Object.entries(objectAt(document['components'], 'components'))
    .map(([kind, all]) => `"${kind}": {\n${block(objectAt(all, kind), '  ')}\n}`)
    .join(',\n');
  return [
    '{',
    `"openapi": ${JSON.stringify(document['openapi'])},`,
    `"info": ${JSON.stringify(document['info'], null, 2)},`,
    `"paths": {\n${block(objectAt(document['paths'], 'paths'), '  ')}\n},`,
    `"components": {\n${components}\n}`,
    '}',
    '',
  ].join('\n');
}

async function main(sourcePath: string | undefined): Promise<void> {
  if (sourcePath === undefined) {
    throw new Error('usage: tsx scripts/github-openapi.ts <path to api.github.com.json>');
  }
  const source = JSON.parse(await readFile(sourcePath, 'utf8')) as JsonObject;
  const target = path.join(import.meta.dirname, '..', 'emulator', 'github', 'openapi.json');
  const text = render(cutDown(source, operationIds));
  await writeFile(target, text);
  process.stdout.write(`${path.relative(process.cwd(), target)}: ${text.length} bytes\n`);
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2]);
