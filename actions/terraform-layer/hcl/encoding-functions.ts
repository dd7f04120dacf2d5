import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { bad, string, type Implementations } from './function-arguments.js';
import { entriesInOrder, isList, isMap, type Evaluated } from './value.js';

function decodeJson(text: string): Evaluated {
  try {
    return JSON.parse(text) as Evaluated;
  } catch {
    return bad('this is not valid JSON');
  }
}

function decodeYaml(text: string): Evaluated {
  try {
    return (parseYaml(text) ?? null) as Evaluated;
  } catch {
    return bad('this is not valid YAML');
  }
}

function sortedJson(value: Evaluated): unknown {
  if (isList(value)) return value.map(sortedJson);
  if (!isMap(value)) return value;
  return Object.fromEntries(entriesInOrder(value).map(([key, item]) => [key, sortedJson(item)]));
}

/** A digest of the text's UTF-8 bytes. */
export function digest(
  algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512',
  text: string,
  encoding: 'hex' | 'base64' = 'hex',
): string {
  return createHash(algorithm).update(text, 'utf8').digest(encoding);
}

export const encodingFunctions = {
  base64decode: ([value]) => Buffer.from(string(value), 'base64').toString('utf8'),
  base64encode: ([value]) => Buffer.from(string(value), 'utf8').toString('base64'),
  base64sha256: ([text]) => digest('sha256', string(text), 'base64'),
  base64sha512: ([text]) => digest('sha512', string(text), 'base64'),
  jsondecode: ([text]) => decodeJson(string(text)),
  jsonencode: ([value]) => JSON.stringify(sortedJson(value ?? null)),
  md5: ([text]) => digest('md5', string(text)),
  sha1: ([text]) => digest('sha1', string(text)),
  sha256: ([text]) => digest('sha256', string(text)),
  sha512: ([text]) => digest('sha512', string(text)),
  yamldecode: ([text]) => decodeYaml(string(text)),
} satisfies Implementations;
