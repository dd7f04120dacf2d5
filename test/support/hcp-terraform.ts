import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** A workspace of the fake. */
export interface FakeWorkspace {
  readonly executionMode: 'local' | 'remote';
  /** What a remote plan of it would change: `terraform show -json`. */
  readonly plan?: unknown;
  readonly hasVcsConnection?: boolean;
}

/** As much of HCP Terraform's API as Terraform 1.11 needs for a plan and an apply. */
export interface FakeHcp {
  /** `localhost:port`. */
  readonly host: string;
  /** File of the certificate that it serves with. */
  readonly certificate: string;
  /** `POST runs`, `POST runs/run-1/actions/apply` …, without reads. */
  readonly writes: string[];
  /** What it was asked for and does not know: empty where it does what Terraform needs. */
  readonly unknown: string[];
  /** States by workspace. */
  readonly states: Map<string, unknown>;
  close(): Promise<void>;
}

export const hcpToken = 'hcp-token-0123456789';

interface Run {
  readonly workspace: string;
  status: string;
}

/** Starts the fake for the organization `acme`, with a certificate in `directory`. */
export async function startHcp(
  directory: string,
  workspaces: Readonly<Record<string, FakeWorkspace>>,
): Promise<FakeHcp> {
  const certificate = path.join(directory, 'hcp.pem');
  const key = path.join(directory, 'hcp.key');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost'],
    ],
    { stdio: 'ignore' },
  );
  const writes: string[] = [];
  const unknown: string[] = [];
  const states = new Map<string, unknown>();
  const locked = new Set<string>();
  const runs = new Map<string, Run>();
  let host = '';

  const workspaceOf = (name: string): unknown => {
    const workspace = workspaces[name];
    if (workspace === undefined) return undefined;
    return {
      id: `ws-${name}`,
      type: 'workspaces',
      attributes: {
        name,
        'execution-mode': workspace.executionMode,
        operations: workspace.executionMode === 'remote',
        locked: locked.has(name),
        'terraform-version': '1.11.4',
        'working-directory': '',
        'structured-run-output-enabled': false,
        'vcs-repo': workspace.hasVcsConnection === true ? { identifier: 'acme/infra' } : null,
        permissions: {
          'can-update': true,
          'can-queue-run': true,
          'can-queue-apply': true,
          'can-lock': true,
          'can-unlock': true,
        },
      },
      relationships: { organization: { data: { id: 'acme', type: 'organizations' } } },
    };
  };
  const runOf = (id: string): unknown => {
    const run = runs.get(id);
    if (run === undefined) return undefined;
    return {
      id,
      type: 'runs',
      attributes: {
        status: run.status,
        'has-changes': true,
        actions: { 'is-confirmable': run.status === 'planned_and_saved', 'is-cancelable': false },
        permissions: { 'can-apply': true },
      },
      relationships: {
        plan: { data: { id: `plan-${id}`, type: 'plans' } },
        apply: { data: { id: `apply-${id}`, type: 'applies' } },
        workspace: { data: { id: `ws-${run.workspace}`, type: 'workspaces' } },
      },
    };
  };
  const log = (what: string): unknown => ({
    'log-read-url': `https://${host}/logs/${what}`,
    status: 'finished',
    'has-changes': true,
  });

  /** A body, a status, or undefined where the path is not known. */
  function answer(method: string, place: string, body: Buffer): unknown {
    const part = (pattern: RegExp): string | undefined => pattern.exec(`${method} ${place}`)?.[1];
    if (method !== 'GET') writes.push(`${method} ${place.replace(/^\/api\/v2\//, '')}`);
    let id: string | undefined;
    if (place === '/.well-known/terraform.json') {
      return { 'tfe.v2': '/api/v2/', 'tfe.v2.1': '/api/v2/' };
    }
    if (place === '/api/v2/ping') return 204;
    if (place === '/api/v2/organizations/acme/entitlement-set') {
      const attributes = { operations: true, 'state-storage': true };
      return { data: { id: 'org-1', type: 'entitlement-sets', attributes } };
    }
    if ((id = part(/^GET \/api\/v2\/organizations\/acme\/workspaces\/([^/]+)$/)) !== undefined) {
      const workspace = workspaceOf(id);
      return workspace === undefined ? 404 : { data: workspace };
    }
    if ((id = part(/^POST \/api\/v2\/workspaces\/ws-([^/]+)\/actions\/lock$/)) !== undefined) {
      locked.add(id);
      return { data: workspaceOf(id) };
    }
    if ((id = part(/^POST \/api\/v2\/workspaces\/ws-([^/]+)\/actions\/unlock$/)) !== undefined) {
      locked.delete(id);
      return { data: workspaceOf(id) };
    }
    if ((id = part(/^GET \/api\/v2\/workspaces\/ws-([^/]+)\/current-state-version$/))) {
      return states.has(id) ? { data: stateVersion(id, host, false) } : 404;
    }
    if ((id = part(/^GET \/api\/v2\/workspaces\/ws-([^/]+)\/current-state-version-outputs$/))) {
      return { data: outputsOf(states.get(id)) };
    }
    if ((id = part(/^POST \/api\/v2\/workspaces\/ws-([^/]+)\/state-versions$/)) !== undefined) {
      return { data: stateVersion(id, host, true) };
    }
    if ((id = part(/^GET \/api\/v2\/state-versions\/sv-(.+)$/)) !== undefined) {
      return { data: stateVersion(id, host, false) };
    }
    if ((id = part(/^PUT \/state\/([^/]+)$/)) !== undefined) {
      states.set(id, JSON.parse(body.toString()));
      return 200;
    }
    if (part(/^(PUT) \/json-state\//) !== undefined) return 200;
    if ((id = part(/^GET \/state\/([^/]+)$/)) !== undefined) return states.get(id);
    if ((id = part(/^POST \/api\/v2\/workspaces\/ws-([^/]+)\/configuration-versions$/))) {
      return { data: configurationVersion(id, host, 'pending') };
    }
    if (part(/^(PUT) \/upload\//) !== undefined) return 200;
    if ((id = part(/^GET \/api\/v2\/configuration-versions\/cv-(.+)$/)) !== undefined) {
      return { data: configurationVersion(id, host, 'uploaded') };
    }
    if (part(/^(POST) \/api\/v2\/runs$/) !== undefined) {
      const run = `run-${runs.size + 1}`;
      const name = /"id":"ws-([^"]+)"/.exec(body.toString())?.[1] ?? '';
      runs.set(run, { workspace: name, status: 'planned_and_saved' });
      return { data: runOf(run) };
    }
    if ((id = part(/^GET \/api\/v2\/runs\/(run-\d+)$/)) !== undefined) {
      const included = [
        { id: `plan-${id}`, type: 'plans', attributes: log(`plan-${id}`) },
        workspaceOf(runs.get(id)?.workspace ?? ''),
      ];
      return { data: runOf(id), included };
    }
    if (part(/^(GET) \/api\/v2\/runs\/run-\d+\/run-events$/) !== undefined) return { data: [] };
    if ((id = part(/^GET \/api\/v2\/plans\/(plan-run-\d+)$/)) !== undefined) {
      return { data: { id, type: 'plans', attributes: log(id) } };
    }
    if ((id = part(/^GET \/api\/v2\/plans\/plan-(run-\d+)\/json-output$/)) !== undefined) {
      return workspaces[runs.get(id)?.workspace ?? '']?.plan;
    }
    if ((id = part(/^POST \/api\/v2\/runs\/(run-\d+)\/actions\/apply$/)) !== undefined) {
      const run = runs.get(id);
      if (run !== undefined) run.status = 'applied';
      return 202;
    }
    if ((id = part(/^POST \/api\/v2\/runs\/(run-\d+)\/actions\/discard$/)) !== undefined) {
      const run = runs.get(id);
      if (run !== undefined) run.status = 'discarded';
      return 202;
    }
    if ((id = part(/^GET \/api\/v2\/applies\/(apply-run-\d+)$/)) !== undefined) {
      return { data: { id, type: 'applies', attributes: log(id) } };
    }
    // Logs begin and end with control characters (go-tfe, "LogReader").
    if (place.startsWith('/logs/')) return `\u0002said over there\n\u0003`;
    return undefined;
  }

  function serve(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    const isApi = pathname.startsWith('/api/') && pathname !== '/api/v2/ping';
    if (isApi && request.headers.authorization !== `Bearer ${hcpToken}`) {
      response.writeHead(401).end();
      return;
    }
    const found = answer(request.method ?? 'GET', pathname, body);
    if (found === undefined) unknown.push(`${request.method ?? ''} ${pathname}`);
    response.setHeader('TFP-API-Version', '2.6');
    response.setHeader('TFP-AppName', 'HCP Terraform');
    if (typeof found === 'string') {
      response.end(found.slice(Number(searchParams.get('offset') ?? 0)));
    } else if (typeof found === 'number' || found === undefined) {
      response.writeHead(typeof found === 'number' ? found : 404).end();
    } else {
      // Terraform refuses a discovery document of any other type.
      const type = isApi ? 'application/vnd.api+json' : 'application/json';
      response.setHeader('content-type', type);
      response.end(JSON.stringify(found));
    }
  }

  const server: Server = createServer(
    { cert: await readFile(certificate), key: await readFile(key) },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => serve(request, response, Buffer.concat(chunks)));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    certificate,
    writes,
    unknown,
    states,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** HCP Terraform API, "State Version Outputs". */
function outputsOf(state: unknown): readonly unknown[] {
  const { outputs = {} } = (state ?? {}) as {
    readonly outputs?: Record<string, { value: unknown; type: unknown; sensitive?: boolean }>;
  };
  return Object.entries(outputs).map(([name, { value, type, sensitive = false }]) => ({
    id: `wsout-${name}`,
    type: 'state-version-outputs',
    attributes: { name, sensitive, type: 'string', value, 'detailed-type': type },
  }));
}

function stateVersion(workspace: string, host: string, upload: boolean): unknown {
  return {
    id: `sv-${workspace}`,
    type: 'state-versions',
    attributes: {
      status: upload ? 'pending' : 'finalized',
      'hosted-state-download-url': `https://${host}/state/${workspace}`,
      ...(upload
        ? {
            'hosted-state-upload-url': `https://${host}/state/${workspace}`,
            'hosted-json-state-upload-url': `https://${host}/json-state/${workspace}`,
          }
        : {}),
    },
  };
}

function configurationVersion(workspace: string, host: string, status: string): unknown {
  return {
    id: `cv-${workspace}`,
    type: 'configuration-versions',
    attributes: { status, 'upload-url': `https://${host}/upload/${workspace}` },
  };
}
