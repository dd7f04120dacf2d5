/** What a request of the distribution API asks for. */
export interface RegistryRequest {
  /** A name for counting and fault rules; method and path of what is no such request. */
  readonly operation: string;
  /** Empty for the API's root. */
  readonly repositoryName: string;
  /** Tag, digest or upload id; empty where the path has none. */
  readonly reference: string;
}

/** Paths below the repository's name (OCI distribution specification, "Endpoints"). */
const ENDPOINTS: readonly {
  readonly path: RegExp;
  readonly operations: Readonly<Record<string, string>>;
}[] = [
  { path: /^\/v2\/(.+)\/blobs\/uploads\/?()$/, operations: { POST: 'StartUpload' } },
  {
    path: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    operations: {
      ...{ GET: 'GetUpload', PATCH: 'UploadChunk', PUT: 'FinishUpload', DELETE: 'DeleteUpload' },
    },
  },
  {
    path: /^\/v2\/(.+)\/blobs\/([^/]+)$/,
    operations: { GET: 'GetBlob', HEAD: 'HeadBlob', DELETE: 'DeleteBlob' },
  },
  {
    path: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    operations: {
      ...{ GET: 'GetManifest', HEAD: 'HeadManifest', PUT: 'PutManifest', DELETE: 'DeleteManifest' },
    },
  },
  { path: /^\/v2\/(.+)\/tags\/list()$/, operations: { GET: 'ListTags' } },
  { path: /^\/v2\/(.+)\/referrers\/([^/]+)$/, operations: { GET: 'ListReferrers' } },
];

/** Reads method and path of a request under `/v2`. */
export function registryRequest(head: { method: string; path: string }): RegistryRequest {
  const { method, path } = head;
  if (path === '/v2' || path === '/v2/') {
    return { operation: 'Ping', repositoryName: '', reference: '' };
  }
  for (const endpoint of ENDPOINTS) {
    const [, repositoryName = '', reference = ''] = endpoint.path.exec(path) ?? [];
    const operation = endpoint.operations[method];
    if (repositoryName === '' || operation === undefined) continue;
    return { operation, repositoryName, reference: decodeURIComponent(reference) };
  }
  return { operation: `${method} ${path}`, repositoryName: '', reference: '' };
}

/**
 * The action that a policy must allow (ECR user guide, "Required IAM permissions for pushing an
 * image" and "… pulling"). Undefined for requests on no repository.
 */
export function actionOf({ operation, repositoryName }: RegistryRequest): string | undefined {
  if (repositoryName === '') return undefined;
  return `ecr:${ACTIONS[operation] ?? operation}`;
}

const ACTIONS: Readonly<Record<string, string>> = {
  StartUpload: 'InitiateLayerUpload',
  GetUpload: 'UploadLayerPart',
  UploadChunk: 'UploadLayerPart',
  FinishUpload: 'CompleteLayerUpload',
  DeleteUpload: 'CompleteLayerUpload',
  GetBlob: 'GetDownloadUrlForLayer',
  HeadBlob: 'BatchCheckLayerAvailability',
  GetManifest: 'BatchGetImage',
  HeadManifest: 'BatchGetImage',
  ListReferrers: 'BatchGetImage',
  PutManifest: 'PutImage',
  DeleteManifest: 'BatchDeleteImage',
  DeleteBlob: 'BatchDeleteImage',
  ListTags: 'ListImages',
};
