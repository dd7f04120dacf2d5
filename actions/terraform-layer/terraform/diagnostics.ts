import path from 'node:path/posix';
import type { SourceLocation } from '../../shared/errors.js';

/** What Terraform says about the configuration or the world. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** Relative to the repository's root. */
  readonly at?: SourceLocation;
  /** The resource or data source that it is about. */
  readonly address?: string;
  /** The lines of configuration that it points at. */
  readonly code?: string;
}

/** `Unable to find remote state` and what else ends a run are told once each. */
export function distinctDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((diagnostic) => {
    const { severity, summary, detail, at, address } = diagnostic;
    const key = JSON.stringify([severity, summary, detail, at, address]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A file as Terraform names it from `directory`, relative to the root. */
export function fromRoot(directory: string, file: string): string {
  return path.isAbsolute(file) ? file : path.join(directory, file);
}

/** Who holds a state's lock, read from Terraform's own message. */
export interface LockHolder {
  readonly id: string;
  readonly who: string | undefined;
  readonly created: string | undefined;
  readonly operation: string | undefined;
}

/** The holder named by `Error acquiring the state lock`. */
export function lockHolder(diagnostics: readonly Diagnostic[]): LockHolder | undefined {
  const locked = diagnostics.find(({ summary }) => summary.includes('acquiring the state lock'));
  if (locked === undefined) return undefined;
  const field = (name: string): string | undefined => {
    const value = new RegExp(`^\\s*${name}:[^\\S\\n]*(.*)$`, 'm').exec(locked.detail)?.[1]?.trim();
    return value === '' ? undefined : value;
  };
  const id = field('ID');
  if (id === undefined) return undefined;
  return { id, who: field('Who'), created: field('Created'), operation: field('Operation') };
}

/** The data blocks whose upstream has no state yet, and whether nothing else is wrong. */
export function missingUpstreamStates(diagnostics: readonly Diagnostic[]):
  | {
      readonly dataNames: readonly string[];
      /** Of the instances of these blocks. */
      readonly addresses: readonly string[];
      readonly only: boolean;
    }
  | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const missing = errors.filter(({ summary }) => summary === 'Unable to find remote state');
  if (missing.length === 0) return undefined;
  const dataNames = missing.flatMap(({ address }) => {
    const name = /(?:^|\.)data\.terraform_remote_state\.([^.[]+)/.exec(address ?? '')?.[1];
    return name === undefined ? [] : [name];
  });
  return {
    dataNames: [...new Set(dataNames)],
    addresses: [...new Set(missing.flatMap(({ address }) => address ?? []))],
    only: missing.length === errors.length,
  };
}
