import type { Ecr } from './ecr.js';
import type { RegistryLogin } from './login.js';
import type { RegistryReference } from './repository.js';
import type { Machine } from './source.js';

/** This machine, and AWS. */
export interface Ports extends Machine {
  readonly ecr: Ecr;
  /** Logs in to registries of other accounts or regions. */
  readonly logIn: (registry: RegistryReference) => Promise<RegistryLogin>;
}
