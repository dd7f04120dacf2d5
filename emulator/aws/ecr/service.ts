import { createServer } from 'node:http';
import type { VirtualClock } from '../../clock.js';
import type { Backend } from '../backends/process.js';
import type { Handler } from '../call.js';
import type { Calls } from '../calls.js';
import type { Route } from '../control.js';
import { parseSessionLives } from '../control.js';
import type { Faults } from '../faults.js';
import type { Site } from '../front.js';
import { listen } from '../front.js';
import { requestTarget } from '../target.js';
import { createAccess } from './access.js';
import { createRegistryAuthorization } from './authorization.js';
import { createBackendEcr } from './backend-ecr.js';
import { createEcr } from './ecr.js';
import { createImageOperations } from './image-operations.js';
import { createLayerSite } from './layer-site.js';
import { createLayers } from './layers.js';
import { createManifestStore } from './manifest-store.js';
import { createReferrers } from './referrers.js';
import type { Registries, RegistryPort } from './registries.js';
import { createRegistries } from './registries.js';
import { createRegistrySite } from './registry-site.js';
import { createRepositories } from './repositories.js';
import { parseScanOutcome } from './scan-outcome.js';
import { createScanOperations, isScannable } from './scan-operations.js';
import { createScans } from './scans.js';
import type { Scope } from './scope.js';

export interface EcrServiceOptions {
  readonly backend: Backend;
  /** The registry at the emulator's own port. */
  readonly main: Scope;
  /** `host:port` of the emulator, once it listens. */
  readonly mainHost: () => string;
  readonly clock: VirtualClock;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly log: (line: string) => void;
}

/** ECR and the registries of all accounts and regions. */
export interface EcrService {
  readonly handler: Handler;
  /** What the emulator's own port serves: layer downloads, and the main registry. */
  readonly sites: readonly Site[];
  readonly registries: Registries;
  readonly control: Readonly<Record<string, Route>>;
}

export function createEcrService(options: EcrServiceOptions): EcrService {
  const { backend, main, calls, faults } = options;
  const backendEcr = createBackendEcr(backend);
  const authorization = createRegistryAuthorization();
  const layers = createLayers(() => `http://${options.mainHost()}/_layers`);
  const registries = createRegistries({
    backend,
    main,
    mainHost: options.mainHost,
    open: (scope) => serveAlone(siteOf(scope), options.log),
  });
  const repositories = createRepositories(backendEcr, (scope) => registries.host(scope));
  const access = createAccess(repositories);
  const referrers = createReferrers(backendEcr);
  const scans = createScans(options.clock);
  const manifests = createManifestStore(repositories, (push, stored, scanOnPush) => {
    const { scope, repositoryName } = push;
    if (isScannable(stored.manifest)) {
      scans.onPush({ scope, repositoryName, digest: stored.digest }, scanOnPush);
    }
  });

  function siteOf(scope: Scope): Site {
    const shared = { backend, registries, authorization, access, manifests, referrers };
    return createRegistrySite({ ...shared, scope, calls, faults });
  }

  const ecr = createEcr({
    ...{ registries, repositories, authorization, access, layers, referrers },
    images: createImageOperations(backendEcr, repositories, manifests),
    scans: createScanOperations(scans, repositories),
  });

  return {
    handler: {
      ...ecr,
      reset() {
        for (const store of [layers, authorization, repositories, scans]) store.clear();
      },
    },
    sites: [createLayerSite(layers, calls, faults), siteOf(main)],
    registries,
    control: {
      'POST ecr/tokens': (body) => {
        authorization.limit(parseSessionLives(body));
        return {};
      },
      'DELETE ecr/tokens': () => {
        authorization.limit(undefined);
        return {};
      },
      'GET ecr/registries': () => ({ registries: registries.list() }),
      'GET ecr/scans': () => ({ outcomes: scans.outcomes() }),
      'POST ecr/scans': (body) => {
        scans.add(parseScanOutcome(body));
        return { outcomes: scans.outcomes() };
      },
    },
  };
}

/** Serves one site at a free port of this machine. */
async function serveAlone(site: Site, log: (line: string) => void): Promise<RegistryPort> {
  const server = createServer((request, response) => {
    const { path, query } = requestTarget(request);
    const method = request.method ?? 'GET';
    const head = { method, path, query, headers: request.headers, form: undefined };
    if (!site.serves(head)) {
      response.writeHead(404).end();
      return;
    }
    site.serve(head, request, response).catch((error: unknown) => {
      log(`registry: ${method} ${path}: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  const port = await listen(server, 0);
  return {
    host: `127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
