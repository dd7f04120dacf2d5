import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RequestHead } from './identify.js';

/** Names the operation behind a REST request. */
export interface RestOperations {
  /** The operation's name; `<METHOD> <path>` when no model knows the request. */
  name(service: string, head: Pick<RequestHead, 'method' | 'path' | 'query' | 'headers'>): string;
}

/** One operation of a REST service, as its model describes it. */
export interface RestRoute {
  readonly name: string;
  readonly method: string;
  /** Path template: `/{Bucket}/{Key+}`. */
  readonly path: string;
  /** Query parameters the URI always carries, with their value where that is fixed. */
  readonly fixedQuery: Readonly<Record<string, string>>;
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly deprecated: boolean;
}

/** Folders of the models of services that share a signing name or are called otherwise. */
const MODELS_OF_SERVICE: Readonly<Record<string, readonly string[]>> = {
  s3: ['s3', 's3control'],
  apigateway: ['apigatewayv2', 'apigateway'],
  elasticfilesystem: ['efs'],
  ses: ['sesv2'],
  route53: ['route53'],
};

interface ServiceModel {
  readonly operations: Record<
    string,
    {
      http?: { method: string; requestUri: string };
      input?: { shape: string };
      deprecated?: boolean;
    }
  >;
  readonly shapes: Record<
    string,
    {
      required?: string[];
      members?: Record<string, { location?: string; locationName?: string }>;
    }
  >;
}

/**
 * Names REST operations from the service models that botocore publishes, read when a service is
 * first called.
 *
 * `modelDirectory` is botocore's `data` folder.
 */
export function createRestOperations(modelDirectory: string): RestOperations {
  const routesOf = new Map<string, readonly RestRoute[]>();
  return {
    name(service, head) {
      let routes = routesOf.get(service);
      if (!routes) {
        const models = MODELS_OF_SERVICE[service] ?? [service];
        routes = models.flatMap((model) => readRoutes(modelDirectory, model));
        routesOf.set(service, routes);
      }
      return matchRoute(routes, head)?.name ?? `${head.method} ${head.path}`;
    },
  };
}

/** Finds the most specific operation that a request satisfies. */
export function matchRoute(
  routes: readonly RestRoute[],
  head: Pick<RequestHead, 'method' | 'path' | 'query' | 'headers'>,
): RestRoute | undefined {
  let best: RestRoute | undefined;
  let bestScore = -1;
  for (const route of routes) {
    if (route.method !== head.method || !templateMatches(route.path, head.path)) continue;
    const fixed = Object.entries(route.fixedQuery);
    const satisfied =
      fixed.every(([key, value]) =>
        value === '' ? head.query.has(key) : head.query.get(key) === value,
      ) &&
      route.requiredQuery.every((key) => head.query.has(key)) &&
      route.requiredHeaders.every((key) => head.headers[key] !== undefined);
    if (!satisfied) continue;
    const literals = route.path.split('/').filter((part) => part && !part.startsWith('{')).length;
    const needs = fixed.length + route.requiredQuery.length + route.requiredHeaders.length;
    const score = literals * 100 + needs * 2 + (route.deprecated ? 0 : 1);
    if (score > bestScore) {
      best = route;
      bestScore = score;
    }
  }
  return best;
}

function templateMatches(template: string, actual: string): boolean {
  const wanted = template.split('/').filter(Boolean);
  // An object's key may end in, or hold, empty segments; elsewhere a trailing slash means nothing.
  const given = actual.split('/').slice(1);
  if (given.at(-1) === '' && given.length > wanted.length) given.pop();
  if (given.length === 1 && given[0] === '') given.pop();
  const last = wanted.at(-1);
  const greedy = last?.endsWith('+}') === true;
  if (greedy ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((part, index) => part.startsWith('{') || part === given[index]);
}

function readRoutes(modelDirectory: string, model: string): RestRoute[] {
  const versions = path.join(modelDirectory, model);
  if (!existsSync(versions)) return [];
  const version = readdirSync(versions).sort().at(-1) ?? '';
  const file = path.join(versions, version, 'service-2.json.gz');
  if (!existsSync(file)) return [];
  const parsed = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ServiceModel;
  return Object.entries(parsed.operations).flatMap(([name, operation]) => {
    if (!operation.http) return [];
    const [template = '/', search = ''] = operation.http.requestUri.split('?');
    const shape = operation.input ? parsed.shapes[operation.input.shape] : undefined;
    const required = (location: string): string[] =>
      (shape?.required ?? []).flatMap((member) => {
        const described = shape?.members?.[member];
        return described?.location === location && described.locationName !== undefined
          ? [described.locationName]
          : [];
      });
    return [
      {
        name,
        method: operation.http.method,
        path: template,
        fixedQuery: Object.fromEntries(new URLSearchParams(search)),
        requiredQuery: required('querystring'),
        requiredHeaders: required('header').map((key) => key.toLowerCase()),
        deprecated: operation.deprecated === true,
      },
    ];
  });
}
