import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import {
  formatAddress,
  parseAddress,
  type ResourceAddress,
} from '../terraform/resource-address.js';
import { parseStateFile } from './state-file.js';

/** As little as tells whether anything is in it: a state that lacks the rest is not empty for that. */
const contentSchema = z.object({
  version: z.literal(4),
  resources: z
    .array(z.object({ mode: z.string(), instances: z.array(z.unknown()).default([]) }))
    .nullish()
    .transform((resources) => resources ?? []),
});

/** What no other version of the format is taken for; the rest is kept as it is. */
const wholeSchema = z.looseObject({
  version: z.literal(4),
  serial: z.number().int(),
  lineage: z.string(),
  outputs: z.unknown(),
  resources: z.unknown(),
});

/** One managed resource instance that a state knows. */
export interface KnownInstance {
  readonly address: ResourceAddress;
  readonly text: string;
  readonly tainted: boolean;
}

export interface StateDocument {
  readonly serial: number;
  readonly lineage: string;
  readonly instances: readonly KnownInstance[];
}

/** Undefined where the text is not a state that can be read (OpenTofu may encrypt it). */
export function parseStateDocument(text: string): StateDocument | undefined {
  const parsed = parseStateFile(text);
  if (parsed === undefined) return undefined;
  const { serial, lineage, resources } = parsed;
  const instances = resources.flatMap(({ module, mode, type, name, instances: all }) => {
    const modules = module === undefined ? [] : parseAddress(module)?.modules;
    if (mode !== 'managed' || modules === undefined) return [];
    return all
      .filter(({ deposed }) => deposed === undefined)
      .map(({ index_key: key, status }): KnownInstance => {
        const resource = { mode: 'managed' as const, type, name };
        const address = { modules, resource: key === undefined ? resource : { ...resource, key } };
        return { address, text: formatAddress(address), tainted: status === 'tainted' };
      });
  });
  return { serial, lineage, instances };
}

/**
 * Whether a state's text holds anything that exists in the world: managed resources, deposed
 * objects included. What `terraform destroy` leaves on S3 is a state without any, and data sources
 * are only read. True where the text is not understood (OpenTofu may encrypt it): better asked
 * about than lost.
 */
export function holdsResources(text: string): boolean {
  const parsed = parseJsonAs(contentSchema, text);
  if (parsed === undefined) return true;
  return parsed.resources.some(({ mode, instances }) => mode === 'managed' && instances.length > 0);
}

/**
 * The same state under another serial; its text is kept as it is, since numbers in it may be
 * larger than JavaScript holds. Undefined where the text is not understood.
 */
export function withSerial(text: string, serial: number): string | undefined {
  const changed = text.replace(/(?<="serial"\s*:\s*)\d+/, String(serial));
  return parseStateDocument(changed)?.serial === serial ? changed : undefined;
}

/**
 * The same state with nothing in it, as `terraform destroy` leaves one. Undefined where the text is
 * not understood.
 */
export function emptiedState(text: string, serial: number): string | undefined {
  const parsed = parseJsonAs(wholeSchema, text);
  if (parsed === undefined) return undefined;
  const nothing = { serial, outputs: {}, resources: [], check_results: null };
  return `${JSON.stringify({ ...parsed, ...nothing }, undefined, 2)}\n`;
}

/** Whether two states hold the same, whatever their lineages and serials. */
export function sameContent(one: string, other: string): boolean {
  const [first, second] = [parseJsonAs(wholeSchema, one), parseJsonAs(wholeSchema, other)];
  return (
    first !== undefined &&
    second !== undefined &&
    isDeepStrictEqual([first.resources, first.outputs], [second.resources, second.outputs])
  );
}
