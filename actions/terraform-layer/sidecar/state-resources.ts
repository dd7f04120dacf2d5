import { hclQuoted } from '../hcl/quoted-text.js';
import type { StateFile } from '../state/state-file.js';
import type { JournalEntry } from './journal.js';

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
