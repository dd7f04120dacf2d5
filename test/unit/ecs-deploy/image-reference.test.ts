import {
  formatImageReference,
  parseImageReference,
} from '../../../actions/ecs-deploy/images/image-reference.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

it.each([
  ['web:v1', { host: undefined, repository: 'web', tag: 'v1', digest: undefined }],
  ['shop/web:v1', { host: undefined, repository: 'shop/web', tag: 'v1', digest: undefined }],
  ['127.0.0.1:5000/shop/web:v1', { host: '127.0.0.1:5000', repository: 'shop/web', tag: 'v1' }],
  ['registry:5000/web:v1', { host: 'registry:5000', repository: 'web', tag: 'v1' }],
  ['localhost/web:v1', { host: 'localhost', repository: 'web', tag: 'v1' }],
  [`public.ecr.aws/a/b@${digest}`, { host: 'public.ecr.aws', repository: 'a/b', digest }],
  [`a.b/c__d/e-f:T.1@${digest}`, { host: 'a.b', repository: 'c__d/e-f', tag: 'T.1', digest }],
])('%s is taken apart and put together again', (text, expected) => {
  const reference = parseImageReference(text);
  expect(reference).toMatchObject(expected);
  expect(reference === undefined ? '' : formatImageReference(reference)).toBe(text);
});

it.each(['', 'Web:v1', 'web:', 'web@sha256:abc', '/web:v1', 'web:v1 ', 'a//b:c', '-a:b'])(
  '%j is no image reference',
  (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  },
);
