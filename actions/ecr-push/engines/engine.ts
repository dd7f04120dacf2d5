import type { RunProcess } from '../../shared/process.js';
import type { EngineName } from '../inputs/source.js';
import type { RegistryLogin, UserConfig } from '../login.js';
import type { Abilities } from './abilities.js';
import type { CacheUse } from './cache-use.js';

/** What an engine is told to build; paths are absolute. */
export interface BuildRequest {
  /** The name that the image gets in the engine's own store, `<registry>/<repository>:<tag>`. */
  readonly reference: string;
  readonly contextDirectory: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Empty: the engine's own. */
  readonly platforms: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets: readonly { readonly id: string; readonly file: string }[];
  readonly ssh: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly provenance: boolean;
  readonly sbom: boolean;
  /** Seconds since 1970 that stand for "now" in the image; absent: the real time. */
  readonly epochSeconds: number | undefined;
  /** For base images. */
  readonly logins: readonly RegistryLogin[];
}

/** An image in an engine's store. */
export interface StoredImage {
  /** Digest of the configuration, or of the manifest where the engine's store is made so. */
  readonly imageId: string;
  /** `os/architecture`, as the image says it. */
  readonly platform: string;
}

/** What a build made: one image in the store, or an archive where a store cannot hold it. */
export type BuiltImage = (
  ({ readonly kind: 'stored' } & StoredImage) | { readonly kind: 'archive'; readonly path: string }
) & { readonly cache: CacheUse | undefined };

export interface EnginePush {
  /** The image in the engine's store: names there are moved by other jobs of the same machine. */
  readonly imageId: string;
  /** Where it goes, `<registry>/<repository>:<tag>`. */
  readonly reference: string;
  readonly login: RegistryLogin;
}

/** A container engine that was found usable. */
export interface Engine {
  readonly name: EngineName;
  /** Name, version and way of building, for people. */
  readonly description: string;
  readonly abilities: Abilities;
  /** @throws OperationError `build-failed`, `cancelled` */
  build(request: BuildRequest): Promise<BuiltImage>;
  /** An image that is in the store already; `undefined` where there is none of that name. */
  find(reference: string): Promise<StoredImage | undefined>;
  /**
   * Pushes, and returns the digest that the engine says it pushed.
   *
   * @throws OperationError `push-failed`, `cancelled`
   */
  push(request: EnginePush): Promise<string>;
}

/** What engines need of this machine. */
export interface EnginePorts {
  readonly run: RunProcess;
  /** For every child process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly userConfig: UserConfig;
  /** Private, for logins and what engines write for us. */
  readonly workDirectory: string;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** An engine, or why there is none. */
export type Probe =
  | { readonly usable: true; readonly engine: Engine }
  | { readonly usable: false; readonly reason: string };
