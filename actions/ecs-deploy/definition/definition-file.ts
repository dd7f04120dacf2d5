import { UserError, type Problem } from '../../shared/errors.js';
import type { Json, JsonObject, Tag } from '../model.js';
import { parseDocumentText, parseJsonText } from './document.js';
import {
  asArray,
  containerName,
  containersOf,
  isObject,
  textOf,
  withoutServerFields,
} from './task-definition.js';

/** Whether a `task-definition` input names a file; families and ARNs hold no dot. */
export function isDefinitionFile(reference: string): boolean {
  return /\.(json|ya?ml)$/i.test(reference);
}

/**
 * Reads a task definition file, JSON or YAML: the input of RegisterTaskDefinition, or the output
 * of DescribeTaskDefinition. Every field is kept as it is written; a task's cpu and memory may be
 * numbers, as ECS's documentation writes them, and become the text that its API takes.
 *
 * @throws UserError `task-definition-malformed`
 */
export async function parseTaskDefinitionFile(
  text: string,
  file: string,
): Promise<{ readonly definition: JsonObject; readonly tags: readonly Tag[] }> {
  const problem = (message: string, line?: number): Problem => ({
    code: 'task-definition-malformed',
    message,
    at: line === undefined ? { file } : { file, line },
  });
  const json = /\.ya?ml$/i.test(file) ? undefined : await parseJsonText(text);
  const parsed = json ?? (await parseDocumentText(text));
  if (parsed.kind === 'problem') {
    const kind = json === undefined ? 'YAML' : 'JSON';
    throw new UserError(problem(`is no valid ${kind}: ${parsed.message}`, parsed.line));
  }
  const { value } = parsed;
  if (!isObject(value)) throw new UserError(problem('is not an object'));
  const wrapped = value['taskDefinition'];
  const outer = isObject(wrapped) ? wrapped : value;
  const { tags, ...rest } = outer;
  const definition = withTaskSizeText(withoutServerFields(rest));
  if (containersOf(definition).length === 0) {
    throw new UserError(problem('has no containerDefinitions'));
  }
  const wrong = nonTextEnvironment(definition).map((place) =>
    problem(`${place} is no text: ECS takes values of variables only as text, so put it in quotes`),
  );
  if (wrong.length > 0) throw new UserError(wrong);
  return { definition, tags: toTagList(tags ?? value['tags']) };
}

function withTaskSizeText(definition: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(definition).map(([key, value]) => [
      key,
      (key === 'cpu' || key === 'memory') && typeof value === 'number' ? String(value) : value,
    ]),
  );
}

/** Where YAML or JSON made a number or a boolean of an environment variable's value. */
export function nonTextEnvironment(definition: JsonObject): readonly string[] {
  return containersOf(definition).flatMap((container) =>
    asArray(container['environment'])
      .filter(isObject)
      .filter(({ value }) => value !== undefined && value !== null && typeof value !== 'string')
      .map(
        ({ name }) =>
          `containerDefinitions.${containerName(container)}.environment.${textOf(name) ?? ''}.value`,
      ),
  );
}

/**
 * Tags as the API writes them; whatever else stands in the list is left out. YAML makes numbers and
 * booleans of values such as `42`, which ECS takes only as text.
 */
export function toTagList(tags: Json | undefined): readonly Tag[] {
  return asArray(tags).flatMap((tag) =>
    isObject(tag) && typeof tag['key'] === 'string'
      ? [{ key: tag['key'], value: tagValue(tag['value']) }]
      : [],
  );
}

function tagValue(value: Json | undefined): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : (textOf(value) ?? '');
}
