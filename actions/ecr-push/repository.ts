import { parseEcrHost } from '../shared/ecr-host.js';
import type { Manifest } from './image.js';

/** A repository of ECR, as far as a push needs it. */
export interface Repository {
  readonly name: string;
  readonly arn?: string;
  /** Without a scheme: `<registry host>/<name>`. */
  readonly uri: string;
  readonly accountId: string;
  readonly tagMutability:
    'MUTABLE' | 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION' | 'IMMUTABLE_WITH_EXCLUSION';
  /** Wildcard patterns of the tags to which `tagMutability` does not apply. */
  readonly mutabilityExclusions: readonly string[];
}

/** An image that the repository holds. */
export interface RemoteImage {
  readonly digest: string;
  /** Absent for an index of several images. */
  readonly configDigest?: string;
  readonly manifest: string;
  readonly mediaType: string;
}

/** An image of the repository as it is put again under another tag. */
export function manifestOf({ digest, mediaType, manifest }: RemoteImage): Manifest {
  return { digest, mediaType, body: manifest };
}

/** What the input `repository` says: a name, or a whole URI with its account and region. */
export interface RepositoryReference {
  readonly name: string;
  readonly accountId?: string;
  readonly region?: string;
}

/** ECR API reference, "CreateRepository": `repositoryName`. */
const namePattern = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Reads a repository's name or URI; `undefined` where it is neither. */
export function parseRepository(text: string): RepositoryReference | undefined {
  const slash = text.indexOf('/');
  const registry = slash === -1 ? undefined : parseRegistryHost(text.slice(0, slash));
  const name = registry === undefined ? text : text.slice(slash + 1);
  if (!namePattern.test(name) || name.length < 2 || name.length > 256) return undefined;
  return { name, ...registry };
}

/** What the input `registries` names: an account's registry. */
export interface RegistryReference {
  readonly accountId: string;
  /** Absent: the region of the step. */
  readonly region?: string;
  /** As it was written, where it was a host; FIPS and dual-stack hosts differ from ECR's answer. */
  readonly host?: string;
}

/** Reads an account id or a registry's host; `undefined` where it is neither. */
export function parseRegistry(text: string): RegistryReference | undefined {
  if (/^\d{12}$/.test(text)) return { accountId: text };
  const registry = parseRegistryHost(text);
  return registry === undefined ? undefined : { ...registry, host: text };
}

function parseRegistryHost(
  host: string,
): { readonly accountId: string; readonly region: string } | undefined {
  const found = parseEcrHost(host);
  return found === undefined ? undefined : { accountId: found.registryId, region: found.region };
}

/** The registry's host, with its port where it has one: what engines log in to. */
export function registryOf(repository: Repository): string {
  return repository.uri.slice(0, repository.uri.indexOf('/'));
}

/** True for a registry on this very machine, which speaks plain HTTP. */
export function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
