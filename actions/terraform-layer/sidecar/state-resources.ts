import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import { hclQuoted } from '../hcl/quoted-text.js';
import type { JournalEntry } from './journal.js';

/** Terraform's state file, version 4, as far as it is used here. */
const stateSchema = z.object({
  lineage: z.string(),
  serial: z.number(),
  resources: z.array(
    z.object({
      module: z.string().optional(),
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(
        z.object({
          index_key: z.union([z.string(), z.number()]).optional(),
          attributes: z.record(z.string(), z.unknown()).nullish(),
        }),
      ),
    }),
  ),
});

export type StateFile = z.infer<typeof stateSchema>;

/** Undefined where the text is none that can be read, an encrypted one of OpenTofu's for example. */
export function parseState(text: string): StateFile | undefined {
  return parseJsonAs(stateSchema, text);
}

/**
 * The entries that a state does not have: by type and id where the id is known, so that a resource
 * that was moved counts as there; by address alone where it is not.
 */
export function missingFrom(
  entries: readonly JournalEntry[],
  state: StateFile | undefined,
): readonly JournalEntry[] {
  const addresses = new Set<string>();
  const ids = new Set<string>();
  for (const { type, address, attributes } of state === undefined ? [] : managedIn(state)) {
    addresses.add(address);
    // Events name `id`, or `name` where a resource has no id.
    for (const id of [attributes?.['id'], attributes?.['name']]) {
      if (typeof id === 'string') ids.add(`${type} ${id}`);
    }
  }
  return entries.filter(({ address, id }) =>
    id === undefined ? !addresses.has(address) : !ids.has(`${resourceType(address)} ${id}`),
  );
}

/** The managed instances of a state as `missingFrom` knows them. */
export function instancesOf(state: StateFile): readonly JournalEntry[] {
  return managedIn(state).map(({ address, attributes }) => {
    const id = attributes?.['id'] ?? attributes?.['name'];
    return { address, ...(typeof id === 'string' ? { id } : {}) };
  });
}

function managedIn({ resources }: StateFile) {
  return resources
    .filter(({ mode }) => mode === 'managed')
    .flatMap(({ module, type, name, instances }) => {
      const base = `${module === undefined ? '' : `${module}.`}${type}.${name}`;
      return instances.map(({ index_key: key, attributes }) => ({
        type,
        address: key === undefined ? base : `${base}[${indexText(key)}]`,
        attributes,
      }));
    });
}

/** `aws_instance` of `module.web["a.b"].aws_instance.this[0]`. */
export function resourceType(address: string): string {
  const names = address.replaceAll(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, '').split('.');
  return names.at(-2) ?? '';
}

/** Whether losing a resource of this type from the state leaves anything behind in the world. */
export function existsOutsideState(type: string): boolean {
  return type !== 'terraform_data' && !/^(?:null|random|time|tls|local)_/.test(type);
}

function indexText(key: string | number): string {
  return typeof key === 'number' ? String(key) : hclQuoted(key);
}
