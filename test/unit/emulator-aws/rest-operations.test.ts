import type { RestRoute } from '../../../emulator/aws/rest-operations.js';
import { createRestOperations, matchRoute } from '../../../emulator/aws/rest-operations.js';

function route(
  name: string,
  method: string,
  uri: string,
  more: Partial<RestRoute> = {},
): RestRoute {
  const [path = '', search = ''] = uri.split('?');
  return {
    name,
    method,
    path,
    fixedQuery: Object.fromEntries(new URLSearchParams(search)),
    requiredQuery: [],
    requiredHeaders: [],
    deprecated: false,
    ...more,
  };
}

const routes = [
  route('ListBuckets', 'GET', '/'),
  route('ListObjects', 'GET', '/{Bucket}'),
  route('ListObjectsV2', 'GET', '/{Bucket}?list-type=2'),
  route('GetBucketPolicy', 'GET', '/{Bucket}?policy'),
  route('GetBucketLifecycle', 'GET', '/{Bucket}?lifecycle', { deprecated: true }),
  route('GetBucketLifecycleConfiguration', 'GET', '/{Bucket}?lifecycle'),
  route('GetObject', 'GET', '/{Bucket}/{Key+}'),
  route('PutObject', 'PUT', '/{Bucket}/{Key+}'),
  route('CopyObject', 'PUT', '/{Bucket}/{Key+}', { requiredHeaders: ['x-amz-copy-source'] }),
  route('UploadPart', 'PUT', '/{Bucket}/{Key+}', { requiredQuery: ['partNumber', 'uploadId'] }),
  route('GetApi', 'GET', '/v2/apis/{ApiId}'),
];

function name(method: string, uri: string, headers: Record<string, string> = {}) {
  const [path = '', search = ''] = uri.split('?');
  return matchRoute(routes, { method, path, query: new URLSearchParams(search), headers })?.name;
}

describe('the operation of a REST request', () => {
  it.each([
    ['GET', '/', 'ListBuckets'],
    ['GET', '/state', 'ListObjects'],
    ['GET', '/state/', 'ListObjects'],
    ['GET', '/state?list-type=2&prefix=dev', 'ListObjectsV2'],
    ['GET', '/state?policy', 'GetBucketPolicy'],
    ['GET', '/state?lifecycle=', 'GetBucketLifecycleConfiguration'],
    ['GET', '/state/dev/a.tfstate', 'GetObject'],
    ['PUT', '/state/dev/a.tfstate', 'PutObject'],
    ['PUT', '/state/dev/a?partNumber=1&uploadId=x', 'UploadPart'],
    ['GET', '/v2/apis/abc', 'GetApi'],
    ['PATCH', '/state', undefined],
  ])('%s %s is %s', (method, uri, expected) => {
    expect(name(method, uri)).toBe(expected);
  });

  it('depends on headers that only some operations require', () => {
    expect(name('PUT', '/state/b', { 'x-amz-copy-source': '/state/a' })).toBe('CopyObject');
  });

  it('is method and path where there is no model', () => {
    const operations = createRestOperations('/nowhere');
    const head = { method: 'GET', path: '/x/y', query: new URLSearchParams(), headers: {} };
    expect(operations.name('unknown', head)).toBe('GET /x/y');
  });
});
