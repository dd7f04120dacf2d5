import type { RunProcess } from '../../shared/process.js';
import type { EngineName } from '../inputs.js';
import type { RegistryLogin, UserConfig } from '../login.js';

/** What an engine is told to build; paths are absolute. */
export interface BuildRequest {
  /** The name that the image gets in the engine's own store, `<registry>/<repository>:<tag>`. */
  readonly reference: string;
  readonly contextDirectory: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platform: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** For base images that lie in the same registry. */
  readonly login: RegistryLogin;
}

export interface BuiltImage {
  /** Digest of the configuration, or of the manifest where the engine's store is made so. */
  readonly imageId: string;
  /** `os/architecture`, as the image says it. */
  readonly platform: string;
}

export interface EnginePush {
  /** The built image, as `BuildRequest.reference` named it. */
  readonly builtReference: string;
  /** Where it goes, `<registry>/<repository>:<tag>`. */
  readonly reference: string;
  readonly login: RegistryLogin;
}

/** A container engine that was found usable. */
export interface Engine {
  readonly name: EngineName;
  /** Name, version and way of building, for people. */
  readonly description: string;
  /** @throws OperationError `build-failed`, `cancelled` */
  build(request: BuildRequest): Promise<BuiltImage>;
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
